//! What happens to an event between its arrival and the store: one pure function and its parts.
