//! What the tests stand on: the product as processes, an HTTP client, servers, facts.

pub(crate) mod app;
pub(crate) mod compare;
pub(crate) mod facts;
pub(crate) mod http;
pub(crate) mod process;
pub(crate) mod servers;

/// Makes each function a test in both modes: `embedded::name` and `distributed::name`.
macro_rules! in_both_modes {
    ($($name:ident),+ $(,)?) => {
        mod embedded {
            $(#[test] fn $name() { super::$name($crate::support::app::Mode::Embedded); })+
        }
        mod distributed {
            $(
                #[test]
                #[ignore = "needs Kafka and PostgreSQL; run by cargo xtask test"]
                fn $name() { super::$name($crate::support::app::Mode::Distributed); }
            )+
        }
    };
}
pub(crate) use in_both_modes;
