//! What is found at an address instead of a server that will do.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use checks::{Complaint, Verdict};

/// What it answers to a command with its arguments.
type Answer = fn(&[String]) -> &'static str;

/// Listens, and answers each command like this: its address. It is gone with the test.
pub(crate) fn fake(answer: Answer) -> Verdict<String> {
    let (listener, address) = listener()?;
    thread::spawn(move || {
        for client in listener.incoming().flatten() {
            // Whoever goes away is not missed.
            thread::spawn(move || drop(answer_all(client, answer)));
        }
    });
    Ok(address)
}

/// Somebody who takes whoever comes, and hangs up.
pub(crate) fn hangs_up() -> Verdict<String> {
    let (listener, address) = listener()?;
    thread::spawn(move || listener.incoming().for_each(drop));
    Ok(address)
}

/// Listens at a free port.
pub(crate) fn listener() -> Verdict<(TcpListener, String)> {
    let bound = TcpListener::bind("127.0.0.1:0").and_then(|listener| {
        let address = format!("redis://{}", listener.local_addr()?);
        Ok((listener, address))
    });
    bound.map_err(|why| Complaint::new(format!("no port for a test: {why}")))
}

fn answer_all(mut client: TcpStream, answer: Answer) -> std::io::Result<()> {
    let (mut heard, mut more) = (Vec::new(), [0; 4096]);
    loop {
        let length = client.read(&mut more)?;
        if length == 0 {
            return Ok(());
        }
        heard.extend_from_slice(&more[..length]);
        while let Some((words, rest)) = command(&heard) {
            client.write_all(answer(&words).as_bytes())?;
            heard = rest.to_vec();
        }
    }
}

/// The first command, and what comes after it: `*2\r\n$4\r\nTYPE\r\n$1\r\nk\r\n`. `None` if it is not all there yet.
fn command(heard: &[u8]) -> Option<(Vec<String>, &[u8])> {
    let (count, mut rest) = number(heard, b'*')?;
    let mut words = Vec::new();
    for _ in 0..count {
        let (length, after) = number(rest, b'$')?;
        words.push(String::from_utf8_lossy(after.get(..length)?).into_owned());
        rest = after.get(length + 2..)?;
    }
    Some((words, rest))
}

fn number(text: &[u8], sign: u8) -> Option<(usize, &[u8])> {
    let end = text.windows(2).position(|two| two == b"\r\n")?;
    let digits = std::str::from_utf8(text[..end].strip_prefix(&[sign])?).ok()?;
    Some((digits.parse().ok()?, &text[end + 2..]))
}
