//! Each line of the tables in docs/threads.md.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
use std::time::Duration;

use procession::testing::isolated;
use procession::{Child, Error, Process};
use rayon::prelude::*;
use tokio::runtime::{Builder, Runtime};

fn start() -> Result<Child, Error> {
    Process::new(|| {}).start()
}

fn is_refused() -> bool {
    matches!(start(), Err(Error::MultiThreaded { .. }))
}

mod tokios {
    use super::*;

    fn run_in(runtime: &Runtime) -> i32 {
        runtime.block_on(async {
            tokio::time::sleep(Duration::from_millis(1)).await;
            tokio::spawn(async { 3 }).await.expect("the task ends")
        })
    }

    fn runtime() -> Runtime {
        Runtime::new().expect("a runtime")
    }

    #[test]
    fn start_before_the_runtime() -> Result<(), Error> {
        isolated(|| {
            let child = start()?;
            assert_eq!(run_in(&runtime()), 3);
            assert!(child.join()?.success());
            Ok(())
        })
    }

    #[test]
    fn not_beside_the_runtime() {
        isolated(|| {
            let runtime = runtime();
            assert!(is_refused());
            assert_eq!(run_in(&runtime), 3);
            assert!(is_refused());
        });
    }

    #[test]
    fn after_a_runtime_that_was_dropped() -> Result<(), Error> {
        isolated(|| {
            let runtime = runtime();
            assert_eq!(run_in(&runtime), 3);
            drop(runtime);
            assert!(start()?.join()?.success());
            Ok(())
        })
    }

    #[test]
    fn beside_a_runtime_of_one_thread() -> Result<(), Error> {
        isolated(|| {
            let runtime = Builder::new_current_thread().enable_time().build().expect("a runtime");
            assert_eq!(run_in(&runtime), 3);
            assert!(start()?.join()?.success());
            runtime.block_on(async { tokio::task::spawn_blocking(|| {}).await.expect("the task ends") });
            assert!(is_refused(), "now it has a thread");
            Ok(())
        })
    }

    #[test]
    fn a_runtime_in_the_child() -> Result<(), Error> {
        isolated(|| {
            let child = Process::new(|| assert_eq!(run_in(&runtime()), 3)).start()?;
            assert!(child.join()?.success());
            Ok(())
        })
    }

    #[test]
    fn join_in_a_task_of_its_own() -> Result<(), Error> {
        isolated(|| {
            let child = Process::new(|| std::process::exit(3)).start()?;
            let status = runtime().block_on(async {
                let join = tokio::task::spawn_blocking(move || child.join());
                join.await.expect("the task ends")
            });
            assert_eq!(status?.code(), Some(3));
            Ok(())
        })
    }
}

mod rayons {
    use super::*;

    fn sum() -> u32 {
        (1..=100_u32).into_par_iter().sum()
    }

    #[test]
    fn start_before_the_first_parallel_call() -> Result<(), Error> {
        isolated(|| {
            let child = start()?;
            assert_eq!(sum(), 5050);
            assert!(child.join()?.success());
            Ok(())
        })
    }

    #[test]
    fn not_after_it() {
        isolated(|| {
            assert_eq!(sum(), 5050);
            assert!(is_refused());
        });
    }

    #[test]
    fn after_a_pool_with_a_scope() -> Result<(), Error> {
        isolated(|| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(4);
            let sum = pool.build_scoped(|thread| thread.run(), |pool| pool.install(sum));
            assert_eq!(sum.expect("a pool"), 5050);
            assert!(start()?.join()?.success());
            Ok(())
        })
    }

    #[test]
    fn a_pool_in_the_child() -> Result<(), Error> {
        isolated(|| {
            let child = Process::new(|| assert_eq!(sum(), 5050)).start()?;
            assert!(child.join()?.success());
            Ok(())
        })
    }
}

mod ctrlcs {
    use super::*;

    #[test]
    fn start_before_the_handler_is_set() -> Result<(), Error> {
        isolated(|| {
            let child = start()?;
            ctrlc::set_handler(|| {}).expect("a handler");
            assert!(is_refused(), "its thread never ends");
            assert!(child.join()?.success());
            Ok(())
        })
    }

    #[test]
    fn a_flag_needs_no_thread() -> Result<(), Error> {
        isolated(|| {
            let stop = Arc::new(AtomicBool::new(false));
            signal_hook::flag::register(signal_hook::consts::SIGINT, Arc::clone(&stop)).expect("a flag");
            assert!(start()?.join()?.success());
            signal_hook::low_level::raise(signal_hook::consts::SIGINT).expect("a signal");
            assert!(stop.load(Relaxed));
            Ok(())
        })
    }

    #[test]
    fn a_handler_in_the_child() -> Result<(), Error> {
        isolated(|| {
            let child = Process::new(|| assert!(ctrlc::set_handler(|| {}).is_ok())).start()?;
            assert!(child.join()?.success());
            Ok(())
        })
    }
}
