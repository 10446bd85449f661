//! Processes, locks and queues.
