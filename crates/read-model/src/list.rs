//! The statement of a list of leads, in constant pieces and bound values: one for both databases.

use lead_domain::Instant;
use lead_domain::identity::IdentifierKind;
use uuid::Uuid;

use crate::order::{self, Order};
use crate::reader::{After, LeadFilter, LeadSort};
use crate::rows::set_key;

/// Where the two databases say the same differently.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dialect {
    /// Around a bound list of texts: the text before is one of them.
    pub one_of: [&'static str; 2],
    /// Around a bound part of a text, as `part` writes it: the text searched has it.
    pub has_part: [&'static str; 2],
    /// A part of a text as it is bound.
    pub part: fn(&str) -> String,
    /// Around a bound list of texts: the lead has one of these roles.
    pub has_role: [&'static str; 2],
    /// Around a bound list of texts: the lead is in one of these groups.
    pub in_group: [&'static str; 2],
    /// Between the tables of the list.
    pub join: &'static str,
    /// Before the order column where few leads are found by identifier: find and sort them, instead of walking all
    /// leads in order.
    pub sorted: &'static str,
}

/// A piece of the statement.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part {
    Sql(&'static str),
    Texts(Vec<String>),
    Text(String),
    Integer(i64),
    Score(f64),
    Id(Uuid),
}

/// What a sort reads: the table that leads the others, and its order column.
struct Lead {
    select: &'static str,
    from: [&'static str; 2],
    behind: &'static str,
    order_by: &'static str,
}

macro_rules! lead {
    ($table:literal, $other:literal, $column:literal) => {
        Lead {
            select: concat!(
                "select l.id, l.state, exists (select 1 from identifiers i join dead_letters d on d.subject = i.id ",
                "where i.lead_id = l.id and d.code in ('unreadable', 'unfoldable')), t.",
                $column
            ),
            from: [
                concat!(" from ", $table, " t"),
                concat!($other, " o on o.generation = t.generation and o.id = t.id"),
            ],
            behind: concat!(" and (t.", $column, ", t.id) > ("),
            order_by: concat!("t.", $column, ", t.id limit "),
        }
    };
}

impl Lead {
    const fn of(sort: LeadSort) -> Self {
        match sort {
            LeadSort::Score => lead!("lead_ranks", "lead_facets", "score_order"),
            LeadSort::LastActivity => lead!("lead_ranks", "lead_facets", "activity_order"),
            LeadSort::Created => lead!("lead_facets", "lead_ranks", "created_order"),
            LeadSort::Name => lead!("lead_facets", "lead_ranks", "name_order"),
        }
    }
}

/// The statement; none when `after` is a place in another order.
pub(crate) fn statement(
    dialect: &Dialect,
    generation: i64,
    filter: &LeadFilter,
    sort: LeadSort,
    after: Option<&After>,
    limit: u32,
) -> Option<Vec<Part>> {
    let lead = Lead::of(sort);
    let mut list = Statement { dialect, parts: Vec::new() };
    let [table, other] = lead.from;
    let rows = "leads l on l.generation = t.generation and l.id = t.id where t.generation = ";
    list.sql(&[lead.select, table, dialect.join, other, dialect.join, rows]);
    list.parts.push(Part::Integer(generation));
    list.sql(&[" and t.generation = (select generation from activations where active_to is null)"]);
    list.filter(filter);
    if let Some(after) = after {
        let (order, id) = order::start_of(sort, after)?;
        list.sql(&[lead.behind]);
        list.parts.push(bound(order));
        list.sql(&[", "]);
        list.parts.push(Part::Id(id.0));
        list.sql(&[")"]);
    }
    let sorted = if filter.identifiers.is_empty() { "" } else { dialect.sorted };
    list.sql(&[" order by ", sorted, lead.order_by]);
    list.parts.push(Part::Integer(i64::from(limit)));
    Some(list.parts)
}

fn bound(order: Order) -> Part {
    match order {
        Order::Score(order) => Part::Score(order),
        Order::Instant(order) => Part::Integer(order),
        Order::Name(order) => Part::Text(order),
    }
}

struct Statement<'a> {
    dialect: &'a Dialect,
    parts: Vec<Part>,
}

impl Statement<'_> {
    fn sql(&mut self, pieces: &[&'static str]) {
        self.parts.extend(pieces.iter().map(|piece| Part::Sql(piece)));
    }

    /// Columns stand without their table: each stands in one of the two only.
    fn filter(&mut self, filter: &LeadFilter) {
        if !filter.anonymous {
            self.sql(&[" and identified"]);
        }
        self.code(" and stage", " and coalesce(stage, '')", &filter.stage);
        self.code(" and grade", " and coalesce(grade, '')", &filter.grade);
        self.temperature(&filter.temperature, filter.at);
        self.compared(
            " and score_order <= ",
            filter.min_rank_key.map(|key| Part::Score(order::score_order(Some(key)))),
        );
        self.one_of(" and disposition", &filter.disposition);
        self.customer_state(&filter.customer_state, filter.at);
        self.surrounded(self.dialect.has_role, &set_keys(&filter.role));
        self.surrounded(self.dialect.in_group, &set_keys(&filter.group));
        self.one_of(" and owner", &filter.owner);
        self.one_of(" and source", &filter.source);
        self.one_of(" and campaign", &filter.campaign);
        self.one_of(" and channel", &filter.channel);
        self.one_of(" and country", &filter.country);
        for (kind, values) in &filter.identifiers {
            self.identifiers(*kind, values);
        }
        self.part_of_text(filter.q.as_deref());
        let order = |at: Instant| Part::Integer(order::instant_order(Some(at)));
        self.compared(" and created_order <= ", filter.created_from.map(order));
        self.compared(" and created_order > ", filter.created_to.map(order));
    }

    /// The plain column where none is not asked for: of an expression the planner knows no frequencies, and would sort all
    /// leads for want of better.
    fn code(&mut self, plain: &'static str, or_empty: &'static str, codes: &[Option<String>]) {
        let column = if codes.contains(&None) { or_empty } else { plain };
        self.one_of(column, &self::or_empty(codes));
    }

    fn one_of(&mut self, column: &'static str, values: &[String]) {
        if !values.is_empty() {
            self.sql(&[column]);
            self.surrounded(self.dialect.one_of, values);
        }
    }

    fn surrounded(&mut self, around: [&'static str; 2], values: &[String]) {
        if !values.is_empty() {
            self.sql(&[around[0]]);
            self.parts.push(Part::Texts(values.to_vec()));
            self.sql(&[around[1]]);
        }
    }

    fn compared(&mut self, column: &'static str, value: Option<Part>) {
        if let Some(value) = value {
            self.sql(&[column]);
            self.parts.push(value);
        }
    }

    /// As comparisons of plain columns, of which the planner knows how many rows they leave.
    fn temperature(&mut self, temperatures: &[String], at: Option<Instant>) {
        let at = Part::Integer(at.map_or(i64::MAX, Instant::millis));
        let mut between = " and (";
        for temperature in temperatures {
            for [before, behind] in comparisons(temperature) {
                self.sql(&[between, before]);
                self.parts.push(at.clone());
                self.sql(&[behind]);
                between = " and ";
            }
            between = " or ";
        }
        if !temperatures.is_empty() {
            self.sql(&[")"]);
        }
    }

    fn customer_state(&mut self, states: &[Option<String>], at: Option<Instant>) {
        if states.is_empty() {
            return;
        }
        self.sql(&[" and case when active_until is null then '' when active_until <= "]);
        self.parts.push(Part::Integer(at.map_or(i64::MAX, Instant::millis)));
        let rest = " then 'inactive' when reactivated then 'reactivated' else 'active' end";
        self.one_of(rest, &or_empty(states));
    }

    /// Also identifiers that were merged in; an external id under any source. Those named by id only have no kind.
    fn identifiers(&mut self, kind: IdentifierKind, values: &[String]) {
        if !values.is_empty() {
            self.sql(&[" and t.id in (select lead_id from identifiers where kind = "]);
            self.parts.push(Part::Text(kind.key().to_owned()));
            self.one_of(" and value", values);
            self.sql(&[")"]);
        }
    }

    fn part_of_text(&mut self, part: Option<&str>) {
        if let Some(part) = part {
            self.sql(&[self.dialect.has_part[0]]);
            self.parts.push(Part::Text((self.dialect.part)(part)));
            self.sql(&[self.dialect.has_part[1]]);
        }
    }
}

/// What holds of the instants of a lead of this temperature; "and" binds them before "or".
fn comparisons(temperature: &str) -> &'static [[&'static str; 2]] {
    match temperature {
        "hot" => &[["hot_until > ", ""]],
        "warm" => &[["(hot_until > ", ") is not true"], ["warm_until > ", ""]],
        _ => &[["(hot_until > ", ") is not true"], ["(warm_until > ", ") is not true"]],
    }
}

/// "None" as an empty text, which no code is.
fn or_empty(codes: &[Option<String>]) -> Vec<String> {
    codes.iter().map(|code| code.clone().unwrap_or_default()).collect()
}

fn set_keys(names: &[String]) -> Vec<String> {
    names.iter().map(|name| set_key(name)).collect()
}
