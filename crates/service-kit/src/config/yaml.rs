//! From YAML to the JSON value it means, with the place of everything. Bounded in size, depth and expansion.

use std::borrow::Cow;
use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, Tag};
use serde_json::{Map, Value};

use super::place::{Place, below};
use super::scalar;

/// How deep mappings and lists may lie in each other.
const MAX_DEPTH: usize = 64;
/// How many values all aliases together may bring: enough for any file written by a person.
const MAX_ALIASED: usize = 10_000;

/// What was read.
#[derive(Debug, Default)]
pub(super) struct Document {
    pub(super) value: Value,
    /// By JSON pointer: of a key its place, of an item of a list its own.
    pub(super) places: BTreeMap<String, Place>,
}

/// What is wrong, and where.
pub(super) type Wrong = (Place, String);

/// Reads one document; an empty text is null.
pub(super) fn read(text: &str) -> Result<Document, Wrong> {
    let mut parser = Parser::new_from_str(text);
    let mut builder = Builder::default();
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| unreadable(&error))?;
        builder.take(event, span)?;
    }
    Ok(Document { value: builder.root.unwrap_or_default(), places: builder.places })
}

fn unreadable(error: &ScanError) -> Wrong {
    let at = error.marker();
    (
        Place { line: at.line(), column: at.col() + 1 },
        format!("This is not readable as YAML: {}.", error.info()),
    )
}

/// A mapping or a list that is not complete yet.
struct Open {
    pointer: String,
    anchor: usize,
    what: Collection,
}

enum Collection {
    List(Vec<Value>),
    Mapping { map: Map<String, Value>, key: Option<String> },
}

#[derive(Default)]
struct Builder {
    open: Vec<Open>,
    root: Option<Value>,
    places: BTreeMap<String, Place>,
    /// Values that aliases may name, and how many values each has inside.
    anchors: BTreeMap<usize, (Value, usize)>,
    aliased: usize,
}

impl Builder {
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Wrong> {
        let place = Place { line: span.start.line(), column: span.start.col() + 1 };
        match event {
            Event::DocumentStart(_) if self.root.is_some() => {
                Err((place, "A second document begins here; there must be only one.".to_owned()))
            }
            Event::SequenceStart(anchor, tag) => {
                refuse_tag(tag.as_ref(), &["seq"], place)?;
                self.start(Collection::List(Vec::new()), anchor, place)
            }
            Event::MappingStart(anchor, tag) => {
                refuse_tag(tag.as_ref(), &["map"], place)?;
                self.start(Collection::Mapping { map: Map::new(), key: None }, anchor, place)
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(),
            Event::Scalar(text, style, anchor, tag) => self.scalar(text, style, anchor, tag.as_ref(), place),
            Event::Alias(anchor) => self.alias(anchor, place),
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Ok(()),
        }
    }

    fn start(&mut self, what: Collection, anchor: usize, place: Place) -> Result<(), Wrong> {
        if self.open.len() >= MAX_DEPTH {
            return Err((place, format!("This lies more than {MAX_DEPTH} levels deep.")));
        }
        let pointer = self.next_pointer(place)?;
        self.open.push(Open { pointer, anchor, what });
        Ok(())
    }

    fn end(&mut self) -> Result<(), Wrong> {
        let Some(Open { anchor, what, .. }) = self.open.pop() else { return Ok(()) };
        let value = match what {
            Collection::List(items) => Value::Array(items),
            Collection::Mapping { map, .. } => Value::Object(map),
        };
        self.put(value, anchor);
        Ok(())
    }

    fn scalar(
        &mut self,
        text: Cow<'_, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Cow<'_, Tag>>,
        place: Place,
    ) -> Result<(), Wrong> {
        refuse_tag(tag, &["str"], place)?;
        if self.expects_key() {
            return self.key(text.into_owned(), place);
        }
        let is_text = style != ScalarStyle::Plain || tag.is_some();
        let value = if is_text {
            Value::String(text.into_owned())
        } else {
            scalar::plain(&text).map_err(|why| (place, why.to_owned()))?
        };
        self.next_pointer(place)?;
        self.put(value, anchor);
        Ok(())
    }

    fn alias(&mut self, anchor: usize, place: Place) -> Result<(), Wrong> {
        let Some((value, size)) = self.anchors.get(&anchor).cloned() else {
            return Err((place, "This alias names something that it stands in.".to_owned()));
        };
        self.aliased += size;
        if self.aliased > MAX_ALIASED {
            return Err((place, format!("The aliases of this file bring more than {MAX_ALIASED} values.")));
        }
        self.next_pointer(place)?;
        self.put(value, 0);
        Ok(())
    }

    fn expects_key(&self) -> bool {
        matches!(self.open.last(), Some(Open { what: Collection::Mapping { key: None, .. }, .. }))
    }

    fn key(&mut self, name: String, place: Place) -> Result<(), Wrong> {
        let Some(Open { pointer, what: Collection::Mapping { map, key }, .. }) = self.open.last_mut() else {
            return Ok(());
        };
        let pointer = below(pointer, &name);
        if map.contains_key(&name) {
            let first = self.places.get(&pointer).map_or(0, |place| place.line);
            return Err((place, format!("The key `{name}` is given twice, first on line {first}.")));
        }
        self.places.insert(pointer, place);
        *key = Some(name);
        Ok(())
    }

    /// Where the value that begins at `place` will stand. A key cannot be a mapping, a list or an alias.
    fn next_pointer(&mut self, place: Place) -> Result<String, Wrong> {
        let pointer = match self.open.last() {
            None => String::new(),
            Some(Open { pointer, what: Collection::List(items), .. }) => {
                below(pointer, &items.len().to_string())
            }
            Some(Open { pointer, what: Collection::Mapping { key: Some(key), .. }, .. }) => {
                below(pointer, key)
            }
            Some(Open { what: Collection::Mapping { key: None, .. }, .. }) => {
                return Err((place, "A key must be a plain text.".to_owned()));
            }
        };
        self.places.entry(pointer.clone()).or_insert(place);
        Ok(pointer)
    }

    fn put(&mut self, value: Value, anchor: usize) {
        if anchor != 0 {
            let size = size_of(&value);
            self.anchors.insert(anchor, (value.clone(), size));
        }
        match self.open.last_mut().map(|open| &mut open.what) {
            None => self.root = Some(value),
            Some(Collection::List(items)) => items.push(value),
            Some(Collection::Mapping { map, key }) => {
                if let Some(key) = key.take() {
                    map.insert(key, value);
                }
            }
        }
    }
}

/// How many values there are in a value, itself included.
fn size_of(value: &Value) -> usize {
    1 + match value {
        Value::Array(items) => items.iter().map(size_of).sum(),
        Value::Object(map) => map.values().map(size_of).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => 0,
    }
}

fn refuse_tag(tag: Option<&Cow<'_, Tag>>, known: &[&str], place: Place) -> Result<(), Wrong> {
    match tag {
        Some(tag) if !(tag.is_yaml_core_schema() && known.contains(&tag.suffix.as_str())) => {
            Err((place, "Tags have no meaning here.".to_owned()))
        }
        Some(_) | None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wrong(text: &str) -> String {
        let (Place { line, column }, detail) = read(text).unwrap_err();
        format!("{line}:{column} {detail}")
    }

    #[test]
    fn a_document_is_read_with_the_place_of_everything() {
        let text =
            "region: NO\nforms:\n  - {name: contact, on: [a, 'on', 1]}\n  - name: \"two\"\n    a/b: ~\n";
        let document = read(text).unwrap();
        let expected = json!({
            "region": "NO",
            "forms": [{"name": "contact", "on": ["a", "on", 1]}, {"name": "two", "a/b": null}],
        });
        assert_eq!(document.value, expected);
        let place = |pointer: &str| document.places.get(pointer).map(|place| (place.line, place.column));
        assert_eq!(place("/region"), Some((1, 1)));
        assert_eq!(place("/forms/0"), Some((3, 5)));
        assert_eq!(place("/forms/0/on/1"), Some((3, 29)));
        assert_eq!(place("/forms/1/name"), Some((4, 5)));
        assert_eq!(place("/forms/1/a~1b"), Some((5, 5)));
    }

    #[test]
    fn an_empty_text_is_nothing() {
        for text in ["", "# only a comment\n", "---\n", "---\n...\n"] {
            assert_eq!(read(text).unwrap().value, Value::Null, "{text}");
        }
    }

    #[test]
    fn aliases_repeat_what_they_name() {
        let document = read("a: &x {b: [1, 2]}\nc: *x\nd: [*x]\n").unwrap();
        assert_eq!(document.value, json!({"a": {"b": [1, 2]}, "c": {"b": [1, 2]}, "d": [{"b": [1, 2]}]}));
    }

    #[test]
    fn what_a_person_could_not_have_meant_is_refused_with_its_place() {
        assert_eq!(wrong("a: 1\nb: 2\na: 3\n"), "3:1 The key `a` is given twice, first on line 1.");
        assert_eq!(wrong("a: 1\n---\nb: 2\n"), "2:1 A second document begins here; there must be only one.");
        assert_eq!(wrong("a: &x [*x]\n"), "1:8 This alias names something that it stands in.");
        assert_eq!(wrong("? [a]\n: 1\n"), "1:3 A key must be a plain text.");
        assert_eq!(wrong("a: !!python/object x\n"), "1:4 Tags have no meaning here.");
        assert_eq!(wrong("a: .inf\n"), "1:4 Infinities and .nan are not numbers here.");
        assert!(wrong("a: [1, 2\nb: 3\n").contains("This is not readable as YAML: "));
        assert!(wrong("a: 1\n\tb: 2\n").contains("This is not readable as YAML: "));
        let deep = wrong(&format!("a: {}", "[".repeat(100)));
        assert_eq!(deep, "1:67 This lies more than 64 levels deep.");
    }

    #[test]
    fn a_bomb_of_aliases_does_not_go_off() {
        let mut bomb = "a0: &a0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n".to_owned();
        for level in 1..30 {
            let line = format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 10].join(", "));
            bomb.push_str(&line);
        }
        assert!(wrong(&bomb).contains("bring more than 10000 values"));
    }
}
