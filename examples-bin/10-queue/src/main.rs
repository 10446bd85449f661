//! Lesson 10: a pipe and a queue between processes.

use std::process::ExitCode;
use std::time::Instant;

use lesson::Result;
use procession::{Error, Pipe, Process, Queue, Receiver};
use serde_json::{Value, json};

fn pipe() -> Result {
    // What goes in at one end comes out at the other, in the same order.
    let Pipe { sender, receiver } = Pipe::new()?;
    let child = Process::new(move || receive(receiver)).start()?;
    println!("pipe: the Lord sends {{\"x\":2}}, \"two\" and 3, then closes its end");
    for item in [json!({"x": 2}), json!("two"), json!(3)] {
        sender.send(&item)?;
    }
    drop(sender);
    lesson::join_all(&[child])
}

fn receive(receiver: Receiver<Value>) -> Result {
    for item in receiver.iter() {
        println!("pipe: the child received {}", item?);
    }
    println!("pipe: the child met the end of file");
    Ok(())
}

fn queue() -> Result {
    // Any number of processes may put and get. This one has room for three.
    let basket = Queue::bounded(3)?;
    show_state(&basket)?;
    for item in [json!({"x": 2}), json!("two"), json!(3)] {
        basket.put(&item)?;
        println!("put {item}");
    }
    println!("The basket is full");
    show_state(&basket)?;
    let second = lesson::seconds(1.0);
    show_refusal("put 4 without waiting", None, basket.try_put(&json!(4)))?;
    show_refusal("put 4 with a timeout", Some(Instant::now()), basket.put_timeout(&json!(4), second))?;
    for _ in 0..3 {
        println!("got {}", basket.get()?);
    }
    println!("The queue is empty");
    show_state(&basket)?;
    show_refusal("get without waiting", None, basket.try_get())?;
    show_refusal("get with a timeout", Some(Instant::now()), basket.get_timeout(second))
}

fn between_processes() -> Result<Queue<Value>> {
    let basket = Queue::bounded(3)?;
    let child = Process::new(|| take(&basket)).start()?;
    println!(
        "the Lord puts {{\"x\":2}}, \"two\", 3, 4, 5 and null: three fit, the others wait for the child"
    );
    for item in [json!({"x": 2}), json!("two"), json!(3), json!(4), json!(5), Value::Null] {
        basket.put(&item)?;
    }
    lesson::join_all(&[child])?;
    Ok(basket)
}

fn take(basket: &Queue<Value>) -> Result {
    loop {
        match basket.get()? {
            Value::Null => break,
            item => println!("the child got {item}"),
        }
    }
    println!("the child got null, the sign to stop");
    Ok(())
}

fn main() -> ExitCode {
    lesson::main("10", ABOUT, |args| {
        let block = args.flag("--block");
        args.end();

        pipe()?;
        queue()?;
        let basket = between_processes()?;
        if block {
            println!("the Lord gets, and waits for ever");
            basket.get()?;
        }
        println!("one more get would wait for ever (see --block)");
        Ok(())
    })
}

fn show_state(basket: &Queue<Value>) -> Result {
    let word = |yes| if yes { "yes" } else { "no" };
    println!("empty: {}, full: {}", word(basket.is_empty()?), word(basket.is_full()?));
    Ok(())
}

/// Tells how the basket refused, and after how long if it was to wait.
fn show_refusal<T>(what: &str, since: Option<Instant>, answer: std::result::Result<T, Error>) -> Result {
    let word = match answer {
        Err(Error::Full) => "Full",
        Err(Error::Empty) => "Empty",
        Err(other) => return Err(other.into()),
        Ok(_) => return Err(format!("{what} should have been refused").into()),
    };
    match since {
        Some(start) => println!("{what}: {word} after {:.2} s", start.elapsed().as_secs_f64()),
        None => println!("{what}: {word}"),
    }
    Ok(())
}

const ABOUT: &str = "
lesson-10: a pipe, and then a queue with room for three, between two processes.

usage: lesson-10 [--block] [--help]

  --block         end as the tutorial does, with a get that waits for ever (Ctrl-C ends it)
  --help          show this text";
