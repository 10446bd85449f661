//! Which key asks for what.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

/// What is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Key {
    /// To go on, or to judge what is there.
    Enter,
    Hint,
    Next,
    Previous,
    List,
    Lesson,
    Page,
    Reset,
    Yes,
    Back,
    Quit,
    Suspend,
    Redraw,
    /// To see so many lines more below, or above.
    Scroll(isize),
    /// To see so many screens more below, or above.
    Turn(isize),
}

/// The keys, as the last lines of the screen tell them.
pub(crate) const KEYS: [&str; 10] = [
    "h hint",
    "n next",
    "p previous",
    "l list",
    "r run the lesson",
    "o open the page",
    "x reset",
    "Enter judge",
    "Esc back",
    "q quit",
];

/// What this key asks for, if it asks for anything.
pub(crate) fn key(event: KeyEvent) -> Option<Key> {
    if event.modifiers.contains(KeyModifiers::CONTROL) {
        return match event.code {
            KeyCode::Char('c' | 'd') => Some(Key::Quit),
            KeyCode::Char('z') => Some(Key::Suspend),
            KeyCode::Char('l') => Some(Key::Redraw),
            _ => None,
        };
    }
    match event.code {
        KeyCode::Enter => Some(Key::Enter),
        KeyCode::Char('h') => Some(Key::Hint),
        KeyCode::Char('n') | KeyCode::Right => Some(Key::Next),
        KeyCode::Char('p') | KeyCode::Left => Some(Key::Previous),
        KeyCode::Char('l') => Some(Key::List),
        KeyCode::Char('r') => Some(Key::Lesson),
        KeyCode::Char('o') => Some(Key::Page),
        KeyCode::Char('x') => Some(Key::Reset),
        KeyCode::Char('y') => Some(Key::Yes),
        KeyCode::Char('q') => Some(Key::Quit),
        KeyCode::Esc => Some(Key::Back),
        KeyCode::Up => Some(Key::Scroll(-1)),
        KeyCode::Down => Some(Key::Scroll(1)),
        KeyCode::PageUp => Some(Key::Turn(-1)),
        KeyCode::PageDown | KeyCode::Char(' ') => Some(Key::Turn(1)),
        KeyCode::Home => Some(Key::Scroll(isize::MIN)),
        KeyCode::End => Some(Key::Scroll(isize::MAX)),
        _ => None,
    }
}
