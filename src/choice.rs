//! Settings that are one of a few: a list a type gives the names on the command line, their order, and the one way to
//! read them.

use std::str::FromStr;

/// A setting that is one of a few.
pub trait Choice: FromStr<Err = String> + Clone + Send + Sync + 'static {
    /// The names on the command line, in the order in which they are offered.
    const NAMES: &'static [&'static str];
}

/// Makes an enum a [`Choice`] by its variants and their names, with `ALL`, `name` and the reading of a name. The
/// word says what it is a choice of.
macro_rules! choices {
    ($type:ident, $what:literal: $($variant:ident $name:literal),+ $(,)?) => {
        impl $type {
            #[doc = concat!("Each ", $what, " that there is, in the order in which they are offered.")]
            pub const ALL: [$type; [$($name),+].len()] = [$($type::$variant),+];

            #[doc = concat!("The name of the ", $what, " on the command line.")]
            pub fn name(self) -> &'static str {
                match self {
                    $($type::$variant => $name,)+
                }
            }
        }

        impl std::str::FromStr for $type {
            type Err = String;

            fn from_str(text: &str) -> Result<$type, String> {
                $type::ALL.into_iter().find(|choice| choice.name() == text).ok_or_else(|| {
                    let names = <$type as $crate::choice::Choice>::NAMES.join(", ");
                    format!("there is no {} `{text}`: choose one of {names}", $what)
                })
            }
        }

        impl $crate::choice::Choice for $type {
            const NAMES: &'static [&'static str] = &[$($name),+];
        }
    };
}

pub(crate) use choices;

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Fruit {
        Pear,
        Plum,
    }

    choices!(Fruit, "fruit": Plum "plum", Pear "pear");

    #[test]
    fn a_list_gives_names_their_order_and_how_they_are_read() {
        assert_eq!((Fruit::ALL, Fruit::NAMES), ([Fruit::Plum, Fruit::Pear], ["plum", "pear"].as_slice()));
        assert_eq!("pear".parse(), Ok(Fruit::Pear));
        let unknown = "fig".parse::<Fruit>().expect_err("there is none");
        assert_eq!(unknown, "there is no fruit `fig`: choose one of plum, pear");
    }
}
