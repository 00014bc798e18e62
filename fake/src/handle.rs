//! What the handles of all fakes have in common.

macro_rules! handle {
    ($fake:ident, such as $route:literal) => {
        impl $fake {
            /// Makes every request take this much longer.
            pub fn set_latency(&self, latency: std::time::Duration) {
                self.server.controls().set_latency(latency);
            }

            /// Plans a fault for the next `times` requests to a route, such as
            #[doc = concat!("`", $route, "`.")]
            /// Faults for one route happen in the order in which they were planned.
            ///
            /// # Errors
            /// [`ErrorKind::Request`](canvas_groups::ErrorKind::Request) if there is no such route.
            pub fn fail(
                &self,
                times: usize,
                route: &str,
                fault: crate::Fault,
            ) -> canvas_groups::Result<()> {
                self.server.plan(route, times, fault)
            }

            /// Plans a fault for the `nth` request from now on, whatever its route, where 1 is the
            /// next one.
            ///
            /// # Errors
            /// [`ErrorKind::Request`](canvas_groups::ErrorKind::Request) if `nth` is 0.
            pub fn fail_nth(&self, nth: usize, fault: crate::Fault) -> canvas_groups::Result<()> {
                self.server.controls().plan_nth(nth, false, fault)
            }

            /// Plans a fault for every `nth` request from now on, whatever its route: with 3, for
            /// the third, the sixth, and so on, until the fake ends.
            ///
            /// # Errors
            /// As [`fail_nth`](Self::fail_nth).
            pub fn fail_every(&self, nth: usize, fault: crate::Fault) -> canvas_groups::Result<()> {
                self.server.controls().plan_nth(nth, true, fault)
            }

            /// Stands still from the `nth` request from now on, where 1 is the next one: it and all
            /// after it are received and wait, until [`go_on`](Self::go_on) says what becomes of
            /// them. For tests of programs that are killed in the middle.
            pub fn stand_still(&self, nth: usize) {
                self.server.controls().stand_still(nth);
            }

            /// Whether a request waits, because the fake [stands still](Self::stand_still).
            pub fn is_standing_still(&self) -> bool {
                self.server.controls().is_standing_still()
            }

            /// Answers again. The requests that wait are carried out, also for clients that have
            /// left; or nothing is done, and their connections are closed without an answer.
            pub fn go_on(&self, carry_out: bool) {
                self.server.controls().go_on(carry_out);
            }

            /// The last ten thousand requests, oldest first, or all of them after
            /// [`keep_all_requests`](Self::keep_all_requests).
            pub fn requests(&self) -> Vec<crate::Recorded> {
                self.server.controls().journal().requests()
            }

            /// Keeps all requests from now on, and not the last ten thousand alone. Their bodies
            /// stay in memory until [`forget_requests`](Self::forget_requests) is called.
            pub fn keep_all_requests(&self) {
                self.server.controls().journal().keep_all();
            }

            /// Forgets the requests so far.
            pub fn forget_requests(&self) {
                self.server.controls().journal().forget();
            }
        }

        impl std::fmt::Debug for $fake {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($fake))
                    .field("url", &self.url())
                    .finish_non_exhaustive()
            }
        }
    };
}

pub(crate) use handle;
