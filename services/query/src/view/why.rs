//! A contribution to the score as a sentence.

use lead_domain::fact::FactType;

use super::sentences::WHAT_HAPPENED;
use super::shown;
use crate::language::Language;

/// "Clicked an advertisement: 0.5 points (2.5 cut by the cap of the group), worth 0.0 now".
pub(super) fn why(language: Language, kind: FactType, points: f64, cut: f64, points_now: f64) -> String {
    let number = |points: f64| number(language, points);
    let told = WHAT_HAPPENED.iter().find(|(known, _)| *known == kind);
    let what = told.map_or(kind.name(), |(_, told)| told[language as usize]);
    let cut = if cut > 0.0 { cut_off(language, &number(cut)) } else { String::new() };
    let (points, now) = (number(points), number(points_now));
    match language {
        Language::English => format!("{what}: {points} points{cut}, worth {now} now"),
        Language::French => format!("{what} : {points} points{cut}, valant {now} à présent"),
        Language::Dutch => format!("{what}: {points} punten{cut}, nu {now} waard"),
    }
}

fn cut_off(language: Language, points: &str) -> String {
    match language {
        Language::English => format!(" ({points} cut by the cap of the group)"),
        Language::French => format!(" ({points} retirés par le plafond du groupe)"),
        Language::Dutch => format!(" ({points} afgekapt door het plafond van de groep)"),
    }
}

/// To one decimal, with the sign of the language between the digits.
fn number(language: Language, points: f64) -> String {
    let english = format!("{:.1}", shown(points));
    if language == Language::English { english } else { english.replace('.', ",") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_tells_points_cut_and_present_worth() {
        let english = |kind, points, cut, now| why(Language::English, kind, points, cut, now);
        assert_eq!(
            english(FactType::EmailClicked, 5.0, 0.0, 0.334_9),
            "Clicked a link in an e-mail: 5.0 points, worth 0.3 now"
        );
        assert_eq!(
            english(FactType::AdClicked, 0.456_8, 2.543_2, 0.031),
            "Clicked an advertisement: 0.5 points (2.5 cut by the cap of the group), worth 0.0 now"
        );
        assert_eq!(
            english(FactType::EmailBounced, -20.0, 0.0, -0.01),
            "An e-mail came back: -20.0 points, worth 0.0 now"
        );
    }

    #[test]
    fn a_sentence_is_told_in_three_languages_with_their_numbers() {
        let cut = |language| why(language, FactType::AdClicked, 0.456_8, 2.543_2, 0.031);
        assert_eq!(
            cut(Language::French),
            "A cliqué sur une publicité : 0,5 points (2,5 retirés par le plafond du groupe), valant 0,0 à présent"
        );
        assert_eq!(
            cut(Language::Dutch),
            "Klikte op een advertentie: 0,5 punten (2,5 afgekapt door het plafond van de groep), nu 0,0 waard"
        );
    }
}
