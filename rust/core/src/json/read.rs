//! Read: the lines of a block, each in the shortest way that is open to it.
//!
//! In: a block. Out: lines that go out nearly as they came ([`Echo`](super::echo)), lines that are checked while they are
//! read ([`Along`](super::along)), and the tokens of all others, whose fields are checked one after another.

use super::echo::Told;
use super::parse::parse;
use crate::cells::Span;
use crate::check::work::{Input, State, Work};

/// Reads the lines. Those that are not understood are unsure.
pub fn read(input: &Input<'_>, work: &mut Work) {
    let plan = input.plan;
    let Some(lookups) = &plan.lookups else { return };
    let data = input.block.bytes();
    // Behind the lines there is room, and mostly the beginning of the next one.
    let ahead = &input.block.data[..];
    let rows = &input.block.rows.rows;
    let valid = simdutf8::basic::from_utf8(data).is_ok();
    let is_text = |start: usize, end: usize| valid || simdutf8::basic::from_utf8(&data[start..end]).is_ok();
    let mut states = std::mem::take(&mut work.states);
    let mut lines = std::mem::take(&mut work.lines);
    let mut others = std::mem::take(&mut work.others);
    let mut along = std::mem::take(&mut work.along);
    lines.clear();
    lines.resize(if plan.echo.is_some() { rows.len() } else { 0 }, Span::ABSENT);
    others.clear();
    for (number, (row, state)) in rows.iter().zip(&mut states).enumerate() {
        let (start, end) = (row.start as usize, row.end as usize);
        if *state == State::Good && is_text(start, end) {
            match plan.echo.as_ref().and_then(|echo| echo.line(plan, ahead, number, (start, end), work)) {
                Some(Told::Goes(line)) => {
                    (*state, lines[number]) = (State::Echoed, line);
                    continue;
                }
                Some(Told::Refused) => {
                    *state = State::Rejected;
                    continue;
                }
                None => {}
            }
            if let Some(way) = &plan.along
                && way.line(plan, ahead, number, (start, end), &mut along, work)
            {
                continue;
            }
        }
        match others.last_mut() {
            Some(run) if run.end == number => run.end += 1,
            _ => others.push(number..number + 1),
        }
    }
    let Work { tokens, unquoted, .. } = work;
    tokens.begin(if others.is_empty() { 0 } else { rows.len() }, lookups, valid);
    for number in others.iter().cloned().flatten() {
        let state = &mut states[number];
        let line = (rows[number].start as usize, rows[number].end as usize);
        if *state == State::Good && !(is_text(line.0, line.1) && parse(data, line, number, lookups, tokens, unquoted)) {
            *state = State::Unsure;
        }
    }
    (work.states, work.lines, work.others, work.along) = (states, lines, others, along);
}

#[cfg(test)]
mod tests {
    use std::fmt::Write;

    use serde_json::{Value, json};

    use crate::check::column;
    use crate::check::work::{Input, State, Work};
    use crate::compiled::{Compiled, Nulls};
    use crate::encode::rows::encode;
    use crate::error::Result;
    use crate::keep::keep;
    use crate::oracle::{Answer, Number, Oracle};
    use crate::plan::{Format, Job};
    use crate::reject::errors;
    use crate::split::{Block, Dialect, LINES, jsonl};

    struct Nobody;

    impl Oracle for Nobody {
        fn cells(&self, _: usize, _: usize, _: &[&str], _: &[Number]) -> Result<Vec<Answer>> {
            unreachable!("no field asks")
        }

        fn records(&self, _: usize, _: &[&str], _: usize, _: &[Number]) -> Result<Vec<Answer>> {
            unreachable!("nobody asks about unsure lines")
        }
    }

    /// A field of every way in which values are read: name, kind, default, whether null is accepted.
    fn fields() -> Vec<Value> {
        let of = |(name, kind, default, nullable): (&str, Value, Option<&str>, bool)| {
            let problem = |kind| json!({"type": kind, "prefix": "<", "suffix": ">", "text": kind, "loc": "[]"});
            let problems = ["missing", "string_type", "int_type", "int_parsing", "float_parsing"].map(problem);
            let default = default.map(|text| json!({"json": text, "csv": text.trim_matches('"')}));
            json!({
                "name": name, "kind": kind, "nullable": nullable, "default": default,
                "null": if default.is_some() { "default" } else { "missing" },
                "errors": problems
            })
        };
        let choice = json!({
            "type": "choice", "cells": ["x", "long \"one\""], "error": "literal_error", "integer": false,
            "texts": [{"json": "\"x\"", "csv": "x"}, {"json": "\"long \\\"one\\\"\"", "csv": "long \"one\""}]
        });
        let all = [
            ("id", json!({"type": "int"}), None, false),
            ("name", json!({"type": "str"}), Some("\"-\""), true),
            ("rate", json!({"type": "float", "ge": -1000.0}), Some("0.5"), false),
            ("free", json!({"type": "float"}), Some("null"), true),
            ("few", json!({"type": "int", "ge": 0, "lt": 1000}), Some("7"), false),
            ("flag", json!({"type": "bool"}), Some("false"), false),
            ("kind", choice, Some("\"x\""), false),
            ("trimmed", json!({"type": "str", "strip": true, "max_length": 9}), Some("null"), true),
            ("list", json!({"type": "nested", "shape": 0}), Some("null"), true),
            ("inner", json!({"type": "nested", "shape": 2}), Some("null"), true),
            ("day", json!({"type": "date"}), Some("null"), true),
        ];
        all.map(of).into()
    }

    /// A member of an object.
    fn member(name: &str, shape: usize, default: Option<&str>) -> Value {
        json!({
            "name": name, "loc": name, "paths": [name], "missing_loc": [name], "shape": shape, "missing": null,
            "on_absent": if default.is_none() { "missing" } else { "default" },
            "default": default.map(|json| json!({"json": json, "csv": ""}))
        })
    }

    /// A plan of the first `count` fields, with the short ways of reading and without.
    fn compiled(format: Option<&str>, count: usize, known_only: bool) -> [Compiled; 2] {
        let mut fields = fields();
        fields.truncate(count);
        fields.iter_mut().enumerate().for_each(|(at, field)| field["column"] = at.into());
        let names: Vec<_> = fields.iter().map(|field| field["name"].clone()).collect();
        let job = json!({
            "plans": [{
                "route": "native", "delimiter": ",", "columns": [], "forbidden": [], "format": "jsonl",
                "lookups": names, "fields": fields, "known_only": known_only,
                "shapes": [
                    {"shape": "list", "item": 1, "problems": [], "fail_fast": false, "min_length": null, "max_length": null},
                    {"shape": "leaf", "kind": {"type": "float"}, "strict": false, "problems": []},
                    {
                        "shape": "object", "extra": "ignore", "loc_by_alias": true, "counts_fields": true, "instance": true,
                        "members": [member("a", 0, None), member("b", 1, Some("7.5")), member("c", 3, Some("null"))],
                        "problems": []
                    },
                    {
                        "shape": "leaf", "kind": {"type": "str"}, "strict": false,
                        "problems": [{"type": "string_type", "msg": "", "plain": "", "suffix": ""}]
                    }
                ]
            }],
            "null_values": [], "max_record_bytes": 10_000, "workers": 1, "block_bytes": 65536,
            "accepted_format": format, "rejects_format": "jsonl"
        });
        let job: Job = serde_json::from_value(job).expect("a job");
        [true, false].map(|short| {
            let mut plan = Compiled::new(&job.plans[0], &job).expect("a plan");
            if !short {
                (plan.echo, plan.along) = (None, None);
            }
            plan
        })
    }

    /// The states of the rows, what is written or kept of those that are accepted, the errors of the others, and how many were read in a short way.
    fn checked(plan: &Compiled, format: Option<Format>, data: &[u8], work: &mut Work) -> (Vec<State>, String, usize) {
        let mut block = Block { data: data.to_vec(), len: data.len(), ..Block::default() };
        let dialect = Dialect { delimiter: LINES, max_record_bytes: 10_000 };
        jsonl::lines(data, true, dialect, &mut block.rows);
        (work.keep, work.format) = (format.is_none(), format);
        work.begin(block.rows.rows.len(), plan.fields.len());
        let nulls = Nulls::new(&[]);
        let input = Input { block: &block, plan, number: 0, nulls: &nulls, oracle: &Nobody };
        column::check(&input, work).expect("nobody is asked");
        let others: usize = work.others.iter().map(ExactSizeIterator::len).sum();
        let short = work.states.len() - others;
        let state = |state: &State| if *state == State::Echoed { State::Good } else { *state };
        let states = work.states.iter().map(state).collect();
        let mut text = if let Some(format) = format {
            let mut out = Vec::new();
            encode(&mut block, plan, work, format, &mut out);
            String::from_utf8(out).expect("UTF-8")
        } else {
            format!("{:?}", keep(&block, 0, plan, work, 0..work.states.len()))
        };
        let input = Input { block: &block, plan, number: 0, nulls: &nulls, oracle: &Nobody };
        for row in 0..work.states.len() {
            let (errors, told) = errors(&input, work, row);
            writeln!(text, "{row} {} {told}", String::from_utf8_lossy(&errors)).expect("room");
        }
        (states, text, short)
    }

    /// What may stand anywhere.
    const VALUES: &[&str] = &[
        "1",
        "-7",
        "0",
        "-0",
        "1.5",
        "2.50",
        "-0.0001",
        "12345678",
        "1e5",
        "1E400",
        "01",
        "1234567890123456789",
        "true",
        "false",
        "null",
        "nul",
        "\"x\"",
        "\"\"",
        "\" a b \"",
        "\"long \\\"one\\\"\"",
        "\"a,\\n\"",
        "\"é 日本語, \"",
        "\"\\u00e9\"",
        "\"\\ud800\"",
        "\"12\"",
        "\"2024-02-29\"",
        "\"2024-02-30\"",
        "[]",
        "[1,2.5]",
        "[ 1 , 2 ]",
        "[1,\"x\"]",
        "{\"a\":[1]}",
        "{\"a\":[1],}",
        "{}",
        "{\"a\":[1.5],\"b\":\"x\"}",
        "{\"a\":[1.5]\"b\":1.5}",
        "[[",
        "\"seventeen letters and more\"",
        "",
    ];
    /// What each field accepts.
    const GOOD: [&[&str]; 11] = [
        &["1", "-7", "12345678", "\"12\""],
        &["\"x\"", "\"a \\\"b\\\", c\"", "null", "\"\\u00e9\"", "\"seventeen letters and more\""],
        &["1.5", "0", "2.50", "-0.0001"],
        &["1.5", "1e5", "null", "-12.25"],
        &["1", "999", "\"5\""],
        &["true", "false", "\"yes\""],
        &["\"x\"", "\"long \\\"one\\\"\""],
        &["\" a b \"", "null", "\"x\""],
        &["[]", "[1,2.5]", "[ 1 , 2.0 ]"],
        &[
            "{\"a\":[1.5,2.5],\"b\":1.5,\"c\":\"x\"}",
            "{\"a\":[1.5,2.5],\"c\":\"seventeen letters and more\"}",
            "{\"a\": [1.5, 2], \"c\": \"\\u00e9\"}",
            "{\"a\":[]}",
            "{ \"b\" : 2, \"a\" : [ 1.25 ] , \"z\" : {} }",
            "{\"c\":\"x\",\"a\":[1e5]}",
            "{\"a\":[1.5,2.5],\"b\":1.5,\"b\":2.5}",
        ],
        &["\"2024-02-29\"", "null"],
    ];
    /// Whole lines.
    const ODD: [&str; 8] =
        ["}", " }", "{}", "{ } ", ",\"name\":\"x\"}", "\"name\":\"x\"}", "{\"name\":\"x\"}}", "{,\"name\":\"x\"}"];
    /// What stands before the first key, after keys, after values, and at the end.
    const FORMS: [(&str, &str, &str, &str); 4] =
        [("{", ":", ",", "}"), ("{", ": ", ", ", "}"), ("{ ", " : ", ", ", " }"), ("{", ":", " ,\t", "} ")];

    #[test]
    fn every_way_of_reading_finds_the_same() {
        let mut seed = 17_u64;
        let mut random = |below: usize| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) as usize % below
        };
        let sinks = [
            (None, None),
            (Some("jsonl"), Some(Format::Jsonl)),
            (Some("csv"), Some(Format::Csv)),
            (Some("tsv"), Some(Format::Tsv)),
        ];
        let names: Vec<_> = fields().iter().map(|field| field["name"].as_str().map(str::to_owned)).collect();
        // Buffers go from plan to plan.
        let (mut short, mut plans, mut work) = ([0; 4], Vec::new(), Work::default());
        for round in 0..1_000 {
            let (count, known_only) = (1 + round / 4 % 11, round / 44 % 5 == 0);
            if round % 4 == 0 {
                plans = sinks.iter().map(|(name, _)| compiled(*name, count, known_only)).collect();
            }
            let (open, colon, comma, close) = FORMS[random(4)];
            let mut order: Vec<usize> = (0..count).collect();
            if random(2) == 0 {
                (0..count).for_each(|at| order.swap(at, random(count)));
            }
            let others = if random(2) == 0 { random(3) } else { 0 };
            (0..others).for_each(|at| order.insert(random(order.len() + 1), 100 + at));
            let mut data = String::new();
            for _ in 0..40 {
                let (odd, open) = (random(8) == 0, if random(30) == 0 { "{\t" } else { open });
                let mut members = Vec::new();
                for &at in &order {
                    if at > 0 && random(6) == 0 || at == 0 && random(60) == 0 {
                        continue;
                    }
                    let name = names.get(at).cloned().flatten().unwrap_or_else(|| format!("other {at}"));
                    let pool = if odd && random(3) == 0 || at >= 100 { VALUES } else { GOOD[at] };
                    members.push(format!("\"{name}\"{colon}{}", pool[random(pool.len())]));
                    if odd && random(9) == 0 {
                        let again = random(members.len());
                        members.push(members[again].clone());
                    }
                }
                let mut line = format!("{open}{}{close}", members.join(comma));
                if random(25) == 0 {
                    let at =
                        (0..line.len()).rev().find(|at| line.is_char_boundary(*at) && *at <= random(line.len() + 1));
                    let rest = line.split_off(at.unwrap_or(0));
                    line = if random(2) == 0 { line } else { rest };
                }
                data += if random(50) == 0 { ODD[random(ODD.len())] } else { &line };
                data += "\n";
            }
            data += &" ".repeat(random(2) * 200);
            for (at, ([fast, slow], (_, format))) in plans.iter().zip(sinks).enumerate() {
                let found = [fast, slow].map(|plan| checked(plan, format, data.as_bytes(), &mut work));
                assert_eq!((&found[0].0, &found[0].1), (&found[1].0, &found[1].1), "{data}");
                short[at] += found[0].2;
                assert_eq!(found[1].2, 0);
            }
        }
        // Of 40,000.
        assert!(short.iter().all(|short| *short > 10_000), "{short:?}");
    }
}
