//! Arguments that are one of a few: help and parser come from the type.

use crate::choice::Choice;
use clap::builder::{PossibleValue, TypedValueParser};
use std::ffi::OsStr;
use std::marker::PhantomData;

/// Reads a [`Choice`], and lists its names in the help.
#[derive(Clone)]
pub(super) struct OneOf<C>(PhantomData<C>);

/// The parser of a choice.
pub(super) fn one_of<C: Choice>() -> OneOf<C> {
    OneOf(PhantomData)
}

impl<C: Choice> TypedValueParser for OneOf<C> {
    type Value = C;

    fn parse_ref(
        &self,
        command: &clap::Command,
        argument: Option<&clap::Arg>,
        value: &OsStr,
    ) -> Result<C, clap::Error> {
        TypedValueParser::parse_ref(&|text: &str| text.parse::<C>(), command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        Some(Box::new(C::NAMES.iter().map(PossibleValue::new)))
    }
}

/// Help of a choice: what it is, then each name with what `about` says of it.
pub(super) fn explained<C: Choice>(what: &str, about: impl Fn(C) -> String) -> String {
    let one = |name: &&str| {
        let said = name.parse().map(&about).unwrap_or_default();
        format!("{name}, {said}")
    };
    format!("{what}: {}", C::NAMES.iter().map(one).collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Strategy;

    #[test]
    fn help_lists_what_the_type_has() {
        let parser = one_of::<Strategy>();
        let names: Vec<String> = parser
            .possible_values()
            .expect("a choice lists its names")
            .map(|value| value.get_name().to_owned())
            .collect();
        assert_eq!(names, Strategy::ALL.map(Strategy::name));
        let help = explained("How", |s: Strategy| s.about().to_owned());
        for strategy in Strategy::ALL {
            assert!(help.contains(&format!("{}, {}", strategy.name(), strategy.about())), "{help}");
        }
    }
}
