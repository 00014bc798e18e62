//! A secret that memory can be searched for.

use std::{
    fs,
    os::unix::fs::FileExt,
    sync::{Mutex, PoisonError},
};

use secrecy::{SecretString, zeroize::Zeroizing};

/// A secret that is nowhere in memory as long as nobody writes it out.
pub(crate) struct Hidden {
    seed: u32,
    length: usize,
}

impl Hidden {
    pub(crate) fn new(seed: u32, length: usize) -> Self {
        Self { seed, length }
    }

    fn byte(&self, at: usize) -> u8 {
        // Mixed well, so that no piece of one secret is in another.
        let mut mixed = u64::from(self.seed) << 32 | u64::try_from(at).unwrap();
        for factor in [0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb] {
            mixed = (mixed ^ mixed >> 29).wrapping_mul(factor);
        }
        b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[usize::try_from(mixed >> 59).unwrap()]
    }

    pub(crate) fn written_out(&self) -> SecretString {
        let mut text = String::with_capacity(self.length);
        text.extend((0..self.length).map(|at| char::from(self.byte(at))));
        text.into()
    }

    /// How often it is in this process's memory.
    pub(crate) fn count(&self) -> usize {
        // The buffer of another search may have a copy of what this one looks for.
        static ALONE: Mutex<()> = Mutex::new(());
        let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
        let maps = fs::read_to_string("/proc/self/maps").unwrap();
        let memory = fs::File::open("/proc/self/mem").unwrap();
        let mut found = 0;
        for map in maps.lines().filter(|map| map.contains(" rw")) {
            let range = map.split(' ').next().unwrap().split_once('-').unwrap();
            let parse = |text| u64::from_str_radix(text, 16).unwrap();
            let (start, end) = (parse(range.0), parse(range.1));
            // The search must leave no copies of its own.
            let mut bytes = Zeroizing::new(vec![0; usize::try_from(end - start).unwrap()]);
            let Ok(read) = memory.read_at(&mut bytes, start) else {
                continue;
            };
            found += self.count_in(&bytes[..read]);
        }
        found
    }

    fn count_in(&self, bytes: &[u8]) -> usize {
        let first = self.byte(0);
        let starts = bytes.iter().enumerate().filter(|(_, byte)| **byte == first);
        let whole = |at: usize| {
            let window = bytes.get(at..at + self.length);
            window.is_some_and(|it| {
                it.iter()
                    .enumerate()
                    .all(|(at, byte)| *byte == self.byte(at))
            })
        };
        starts.filter(|(at, _)| whole(*at)).count()
    }
}
