//! Texts that cannot be guessed.

/// Letters and digits.
pub(crate) fn random(length: usize) -> String {
    std::iter::repeat_with(fastrand::alphanumeric)
        .take(length)
        .collect()
}

/// Lower-case hex digits.
pub(crate) fn random_hex(length: usize) -> String {
    std::iter::repeat_with(|| fastrand::digit(16))
        .take(length)
        .collect()
}
