//! Text that is held in a buffer around a start.

use std::process::exit;

use checks::scenes::Bell;
use procession::Process;

use crate::ending;

pub(crate) fn held_at_the_start() {
    print!("held ");
    ending(|| println!("child"));
    println!("parent");
}

pub(crate) fn held_by_the_child() {
    ending(|| print!("held "));
    println!("parent");
}

pub(crate) fn held_by_a_child_that_exits() {
    print!("parent ");
    ending(|| {
        print!("held ");
        exit(3)
    });
    println!("parent");
}

pub(crate) fn held_by_a_child_that_panics() {
    ending(|| {
        print!("held ");
        panic!("on purpose");
    });
    println!("parent");
}

pub(crate) fn held_by_a_child_that_fails() {
    ending(|| {
        print!("held ");
        Err::<(), _>("on purpose")
    });
    println!("parent");
}

pub(crate) fn held_at_the_start_of_a_child_that_exits() {
    print!("held ");
    ending(|| exit(0));
    println!("parent");
}

pub(crate) fn held_in_three_generations() {
    print!("one ");
    ending(|| {
        print!("two ");
        ending(|| print!("three "));
        print!("two ");
    });
    println!("one");
}

pub(crate) fn held_at_a_refused_start() {
    print!("held ");
    let bell = Bell::new();
    std::thread::scope(|scope| {
        scope.spawn(|| bell.wait());
        Process::new(|| ()).start().expect_err("two threads");
        bell.ring();
    });
    println!("parent");
}

pub(crate) fn held_at_the_start_of_a_killed_child() {
    print!("held ");
    ending(|| std::process::abort());
    println!("parent");
}
