//! Holding processes of a run at the [gate](crate::gate), and seeing what the others make of it.

use std::time::Duration;

use crate::exercise::{HELD, SOON};
use crate::family::Stat;
use crate::waiting::{has_an_end, turns};
use crate::{Call, Running, Verdict};

/// How long others that never come to rest, because they ask again and again, are given to do what they do.
const A_WHILE: Duration = Duration::from_millis(400);

/// How long, on a busy machine, until they have asked often [`ENOUGH`]: some of them ask a few times, and then do something
/// else.
const A_LONG_WHILE: Duration = Duration::from_secs(3);

/// Who has made so many calls, and has done nothing else, asks again and again.
const ENOUGH: usize = 200;

/// Who asks again and again, and has made so many calls since, does so without end.
const WITHOUT_END: usize = 5000;

/// So many looks must show the same.
const LOOKS: usize = 20;

impl Running {
    /// From now on every process is held at calls like these, until it is released. The program must have been started
    /// [gated](crate::Run::gated).
    pub fn hold(&mut self, which: impl Fn(&Call) -> bool + 'static) {
        self.gate_is(|gate| gate.hold(Box::new(which)));
    }

    /// Waits until somebody is held: the first that came. `None` if it does not come to that.
    pub fn held(&mut self, within: Duration) -> Verdict<Option<Call>> {
        let end = self.time + within;
        loop {
            if let Some(call) = self.held_now().first() {
                return Ok(Some(*call));
            }
            if self.over() || self.time >= end {
                return Ok(None);
            }
            self.pump()?;
        }
    }

    /// Waits until a call like this is held; whether it comes to that.
    pub fn is_held(&mut self, which: impl Fn(&Call) -> bool, within: Duration) -> Verdict<bool> {
        let end = self.time + within;
        while !self.held_now().iter().any(&which) {
            if self.over() || self.time >= end {
                return Ok(false);
            }
            self.pump()?;
        }
        Ok(true)
    }

    /// Waits until so many are held at the same time: these, or fewer if it does not come to that.
    pub fn all_held(&mut self, count: usize, within: Duration) -> Verdict<Vec<Call>> {
        let end = self.time + within;
        while self.held_now().len() < count && !self.over() && self.time < end {
            self.pump()?;
        }
        Ok(self.held_now())
    }

    /// Who is held now.
    pub fn held_now(&mut self) -> Vec<Call> {
        self.gate.as_mut().map(|gate| gate.held().to_vec()).unwrap_or_default()
    }

    /// Lets a process make the call at which it is held. At the next one like it, it is held again.
    pub fn release(&mut self, pid: i32) {
        self.gate_is(|gate| gate.release(|call| call.pid == pid));
    }

    /// Nobody is held any more.
    pub fn release_all(&mut self) {
        self.hold(|_| false);
    }

    /// The sleep in which a process is held is over, however long it should have been.
    pub fn wakes(&mut self, pid: i32) {
        self.gate_is(|gate| gate.is_over(pid));
    }

    /// From now on sleeps like these are over as soon as they begin.
    pub fn skip_sleeps(&mut self, which: impl Fn(&Call) -> bool + 'static) {
        self.gate_is(|gate| gate.skip_sleeps(Box::new(which)));
    }

    /// From now on time flies for these: whatever they wait for, if they do so for some time only, that time is over at once,
    /// and the clock says so.
    pub fn time_flies(&mut self, which: impl Fn(&Call) -> bool + 'static) {
        self.gate_is(|gate| gate.time_flies(Box::new(which)));
    }

    /// As [`waits_for`](Self::waits_for), while time flies for the first process.
    pub fn waits_on_and_on(&mut self, whom: &str, not_yet: &str) -> Verdict {
        let main = self.main();
        self.time_flies(move |call| call.pid == main);
        let waits = self.waits_for(whom, not_yet);
        let flown = self.gate.as_ref().is_some_and(|gate| gate.later() > Duration::ZERO);
        waits.map_err(|complaint| match flown {
            true => complaint.adding("It waits for some time only, and that was over"),
            false => complaint,
        })
    }

    /// Waits for a line that must not come: as long as any process is given to show that it waits for some time only, and
    /// where one asks again and again, for so many questions that nobody would count them. Whether it has come.
    pub fn comes_at_last(&mut self, not_yet: &str) -> Verdict<bool> {
        let (begun, end) = (self.calls(), self.time + SOON);
        loop {
            let before = self.calls();
            if self.comes(not_yet, 1, if before == begun { HELD } else { HELD / 6 })? {
                return Ok(true);
            }
            let (now, enough) = (self.calls(), begun + WITHOUT_END);
            if now == before || now >= enough || self.over() || self.time >= end {
                return Ok(false);
            }
        }
    }

    /// How many calls have come to the gate so far.
    fn calls(&self) -> usize {
        self.gate.as_ref().map_or(0, crate::gate::Gate::calls)
    }

    /// Waits until a process has ended; whether it has.
    pub fn ends(&mut self, pid: i32, within: Duration) -> Verdict<bool> {
        let end = self.time + within;
        while Stat::of(pid).is_some_and(|stat| !matches!(stat.state, 'Z' | 'X')) {
            if self.over() || self.time >= end {
                return Ok(false);
            }
            self.pump()?;
        }
        Ok(true)
    }

    /// Whether a process waits, as far as can be seen, for something that is not our answer, and has done so for a moment.
    /// On a busy machine one that does not wait is ready to run.
    pub fn is_waiting(&mut self, pid: i32) -> Verdict<bool> {
        let waits = |run: &mut Running| {
            let held = run.held_now().iter().any(|call| call.pid == pid);
            !held && Stat::of(pid).is_some_and(|stat| stat.state == 'S')
        };
        for _ in 0..LOOKS {
            if !waits(self) {
                return Ok(false);
            }
            self.pump()?;
        }
        Ok(true)
    }

    /// Goes on until all processes wait for something at one and the same moment, and none of them only for some time; or
    /// until a while has passed. Those that are held wait, too.
    pub fn comes_to_rest(&mut self) -> Verdict {
        self.rests_within(A_WHILE)
    }

    /// The same; but who asks again and again is given the time to ask so often that one who gives up after some tries
    /// does so, on a busy machine, too.
    pub fn gives_up_or_rests(&mut self) -> Verdict {
        self.rests_within(A_LONG_WHILE)
    }

    /// After a while it goes on, for so long at the most, only until so many looks in a row show that nobody is busy or asks,
    /// or somebody has asked often enough.
    fn rests_within(&mut self, longest: Duration) -> Verdict {
        let (begun, enough) = (self.time, self.calls() + ENOUGH);
        let mut before = None;
        let mut quiet = 0;
        while !self.over() && (self.time < begun + A_WHILE || quiet < LOOKS && self.time < begun + longest) {
            let calls = self.calls();
            let now = self.all_wait();
            // Nobody has run between the end of the first look and the beginning of the second.
            if now.is_some() && now == before {
                return Ok(());
            }
            before = now;
            self.pump()?;
            if self.calls() >= enough {
                quiet = LOOKS;
            } else if self.calls() > calls || self.is_busy() {
                quiet = 0;
            } else {
                quiet += 1;
            }
        }
        Ok(())
    }

    /// Looks on for so long, while others are held.
    pub fn looks_on(&mut self, for_so_long: Duration) -> Verdict {
        let end = self.time + for_so_long;
        while !self.over() && self.time < end {
            self.pump()?;
        }
        Ok(())
    }

    /// Holds whoever makes a call like this until all others have done what they can; and so on, until the program is
    /// over. Whatever they can do before it, they do.
    pub fn is_last(&mut self, which: impl Fn(&Call) -> bool + 'static) -> Verdict {
        self.hold(which);
        while !self.over() {
            self.pump()?;
            if let Some(call) = self.held_now().first() {
                let pid = call.pid;
                self.comes_to_rest()?;
                self.release(pid);
            }
        }
        Ok(())
    }

    /// All processes, with how often each has run, if all of them wait.
    fn all_wait(&mut self) -> Option<Vec<(i32, u64)>> {
        let held = self.held_now();
        let waits = |&pid: &i32| {
            let asleep = Stat::of(pid).is_none_or(|stat| matches!(stat.state, 'S' | 'T' | 'Z' | 'X'));
            asleep && (held.iter().any(|call| call.pid == pid) || !has_an_end(pid))
        };
        let pids = self.pids();
        pids.iter().all(waits).then(|| pids.iter().map(|&pid| (pid, turns(pid))).collect())
    }

    /// Whether some process runs, or would if it had a processor, or waits for the kernel's own work; or a child is in a sleep
    /// that began before time flew for it, and will ask when it wakes.
    fn is_busy(&mut self) -> bool {
        let (main, held) = (self.main(), self.held_now());
        let sleeps = |pid| pid != main && !held.iter().any(|call| call.pid == pid) && has_an_end(pid);
        let runs = |pid| Stat::of(pid).is_some_and(|stat| matches!(stat.state, 'R' | 'D'));
        self.pids().iter().any(|&pid| runs(pid) || sleeps(pid))
    }

    fn gate_is(&mut self, told: impl FnOnce(&mut crate::gate::Gate)) {
        if let Some(gate) = &mut self.gate {
            told(gate);
        }
    }
}
