//! Types that several resources contain.

pub mod metric;
pub mod reference;
pub mod secret;
pub mod time_window;
