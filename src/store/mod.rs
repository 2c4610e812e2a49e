//! SQLite behind one writer thread and read-only readers: stored before anything is said.
