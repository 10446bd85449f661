//! Tests as a user would write them. Those of `fails` fail on purpose: `tests/tests/isolated.rs` runs each by its name.

use std::process::Command;
use std::thread;
use std::time::Duration;

use procession::testing::{isolated, isolated_within};
use procession::{Error, Lock, Process, Queue, active_children, current_process};

/// A process that nobody waits for, and that leaves its process group and its parent.
fn leave_a_sleeper() {
    let mut sh = Command::new("sh");
    sh.args(["-c", "setsid sleep 1000 >/dev/null 2>&1 &"]);
    sh.status().expect("a shell");
}

mod passes {
    use super::*;

    #[test]
    fn a_test_without_a_value() {
        isolated(|| {
            assert_eq!(current_process().name(), "MainProcess");
            let child = Process::new(|| println!("said by {}", current_process().name())).start();
            assert!(child.and_then(|child| child.join()).expect("it started").success());
        });
    }

    #[test]
    fn a_test_with_a_result() -> Result<(), Error> {
        isolated(|| {
            let (sum, lock) = (Queue::new()?, Lock::new()?);
            for number in 1..=4 {
                let (sum, lock) = (&sum, &lock);
                let _child =
                    Process::new(move || lock.acquire().and_then(|_guard| sum.put(&number))).start()?;
            }
            assert_eq!((0..4).map(|_| sum.get()).sum::<Result<i32, _>>()?, 10);
            Ok(())
        })
    }

    #[test]
    #[should_panic(expected = "as it should")]
    fn a_panic_that_should_be() {
        isolated(|| panic!("as it should"));
    }

    #[test]
    #[should_panic(expected = "Process-1: a child, as it should")]
    fn a_panic_of_a_child_that_should_be() {
        isolated(|| _ = Process::new(|| panic!("a child, as it should")).start());
    }

    #[test]
    fn two_calls_and_one_within_another() {
        let mut calls = 0;
        isolated(|| assert_eq!(std::mem::replace(&mut calls, 1), 0));
        isolated(|| isolated(|| assert_eq!(std::mem::replace(&mut calls, 2), 0)));
        assert_eq!(calls, 0, "both happened elsewhere");
    }

    #[test]
    fn daemons_and_children_that_nobody_joins() -> Result<(), Error> {
        isolated(|| {
            let _daemon = Process::new(|| thread::sleep(Duration::from_secs(1000))).daemon(true).start()?;
            let go = Queue::new()?;
            let _child = Process::new(|| go.get()).start()?;
            assert_eq!(active_children().len(), 2);
            go.put(&())
        })
    }

    #[test]
    fn threads_in_a_child_and_then_in_the_test() -> Result<(), Error> {
        isolated(|| {
            let add = || thread::scope(|scope| scope.spawn(|| 1 + 1).join().is_ok_and(|two| two == 2));
            let child = Process::new(|| assert!(add())).start()?;
            assert!(child.join()?.success());
            assert!(add());
            Ok(())
        })
    }

    #[test]
    fn a_panic_that_is_caught() -> Result<(), Error> {
        isolated(|| {
            let child = Process::new(|| std::process::exit(101)).start()?;
            assert_eq!(child.join()?.code(), Some(101));
            let caught = || _ = std::panic::catch_unwind(|| panic!("for the sake of the test"));
            assert!(Process::new(caught).start()?.join()?.success());
            Ok(())
        })
    }

    #[test]
    fn another_program_has_its_own_environment() {
        isolated(|| assert!(std::env::var_os("PROCESSION_ISOLATED").is_none()));
    }
}

mod fails {
    use super::*;

    #[test]
    fn an_assertion() {
        isolated(|| assert_eq!(1 + 1, 3, "said by the test"));
    }

    #[test]
    fn an_error() -> Result<(), Error> {
        isolated(|| Err(Error::Reentrant))
    }

    #[test]
    fn an_assertion_of_a_child() {
        isolated(|| _ = Process::new(|| assert_eq!(1 + 1, 3, "said by a child")).start());
    }

    #[test]
    fn an_assertion_of_a_childs_child() -> Result<(), Error> {
        isolated(|| {
            let grandchild = || assert_eq!(1 + 1, 3, "said by a child's child");
            let child = || Process::new(grandchild).start().and_then(|child| child.join()).is_ok();
            let child = Process::new(|| assert!(child())).start()?;
            assert!(child.join()?.success(), "the child itself is content");
            Ok(())
        })
    }

    #[test]
    fn a_process_that_is_left() {
        isolated(leave_a_sleeper);
    }

    #[test]
    fn a_process_that_is_left_by_a_child() -> Result<(), Error> {
        isolated(|| Process::new(leave_a_sleeper).start()?.join().map(drop))
    }

    #[test]
    fn the_deadline() -> Result<(), Error> {
        isolated_within(Duration::from_millis(300), || {
            leave_a_sleeper();
            let child = Process::new(|| thread::sleep(Duration::from_secs(1000))).start()?;
            println!("said before the deadline");
            child.join().map(drop)
        })
    }

    #[test]
    fn a_child_that_never_ends() {
        isolated_within(Duration::from_millis(300), || {
            let _child = Process::new(|| thread::sleep(Duration::from_secs(1000))).start();
        });
    }

    #[test]
    fn an_exit() {
        isolated(|| std::process::exit(0));
    }

    #[test]
    fn an_exit_with_a_code() {
        isolated(|| std::process::exit(3));
    }

    #[test]
    fn an_abort() {
        isolated(|| std::process::abort());
    }

    #[test]
    #[should_panic(expected = "another text")]
    fn a_panic_with_another_text() {
        isolated(|| panic!("this text"));
    }

    #[test]
    #[should_panic(expected = "a panic")]
    fn no_panic_where_one_should_be() {
        isolated(|| {});
    }

    #[test]
    fn a_thread_that_is_there_already() {
        thread::spawn(|| thread::sleep(Duration::from_secs(1000)));
        isolated(|| {});
    }

    #[test]
    fn not_the_tests_own_thread() {
        let elsewhere = thread::Builder::new().name("elsewhere".to_owned()).spawn(|| isolated(|| {}));
        elsewhere.expect("a thread").join().expect("isolated refuses");
    }
}
