//! Where a program runs, and what it inherits from whoever starts it: the rows of docs/where-it-runs.md. The scenes are in
//! `src/bin/host_scenes`; those that need root's rights are in `able.rs`.

#[macro_use]
mod scene;

plays! { "host_scenes":
    /// With SIGCHLD ignored, by the starter or by the program later, every status can be had.
    sigchld_ignored
    /// So it is with a handler for SIGCHLD that wants no zombies; the handler stays.
    sigchld_handled_without_zombies
    /// And with SIGCHLD blocked.
    sigchld_blocked
    /// With SIGTERM ignored a child does not heed `terminate`, unless it changes that; `kill` ends it.
    sigterm_ignored
    /// So it is with SIGTERM blocked.
    sigterm_blocked
    /// Daemons that ignore SIGTERM are ended with their parent all the same.
    a_daemon_is_ended_though_sigterm_is_ignored
    /// With SIGPIPE at its default a child that is killed while it starts ends nobody else.
    sigpipe_not_ignored
    /// Calls that signals interrupt a thousand times a second do what they do without.
    an_alarm_again_and_again
    /// A child that this process traces, and that is stopped, has not ended.
    a_traced_child_that_is_stopped

    /// 3000 processes whose handles are dropped leave at most those zombies that ended since the last start.
    a_server_that_looks_at_no_child
    /// The status of a child whose handle is held can be had, however many are started meanwhile.
    a_held_handle_keeps_its_status
    /// The status of a program that std started is left for std.
    children_of_somebody_else
    /// A child that was there before this program was is neither waited for nor reaped.
    children_of_the_program_before
    /// Orphans that become children of this process, as of the first one of a container, are left alone.
    orphans_that_are_adopted

    /// Without pidfds, unknown or forbidden, children can be waited for and ended, by threads too.
    pidfd_open_unknown
    pidfd_open_forbidden
    /// With pidfds through which no signal can be sent as well.
    pidfd_signals_unknown
    pidfd_signals_forbidden
    /// And where no descriptor is left, or none allowed.
    no_descriptor_left
    no_descriptor_allowed
    /// Without prctl a daemon still dies with its parent, if a moment later.
    a_daemon_without_prctl
    /// Locks work without memfd_create, unknown or forbidden.
    memfd_unknown
    memfd_forbidden
    /// And without the calls that reserve memory.
    fallocate_unknown
    /// Without waitid too.
    waitid_unknown
    /// A refused fork is an error with a way out that is one.
    forks_forbidden
    /// Threads are told from none also where /proc does not count them.
    no_word_about_threads
    /// Where that cannot be told, nothing is started, and the error says what is missing.
    one_thread_without_proc
    /// Without random numbers processes start all the same.
    no_random_numbers

    /// A named pipe can be a lock, and nobody waits for its other end.
    a_named_pipe
    /// A folder can.
    a_folder
    /// What a link points to can; a link to itself cannot.
    links
    /// A device can.
    devices
    /// A socket cannot.
    a_socket
    /// A program that runs can, and a program that is locked can be run.
    a_program_that_runs
    /// Names may hold any byte; an error shows them in one line. Names that are none are refused.
    strange_names
    /// Locks write nothing, so a limit for the size of files is nothing to them.
    no_file_may_grow
    /// In a folder that is gone a relative path is refused, and everything else works.
    the_folder_is_gone
    /// A relative path means the same in a child that has gone elsewhere.
    the_folder_is_another
    /// A umask that forbids the owner's own files leaves a lock that only its maker can use, and others are told.
    the_umask_forbids
    /// On NFS a lock is opened to write.
    locks_only_for_writers
    /// On a file system without locks the error names the file.
    no_locks_at_all
    /// A file that may not be read is no lock.
    a_file_that_only_the_owner_reads
}
