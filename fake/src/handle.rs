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

            /// The last ten thousand requests, oldest first.
            pub fn requests(&self) -> Vec<crate::Recorded> {
                self.server.controls().requests()
            }

            /// Forgets the requests so far.
            pub fn forget_requests(&self) {
                self.server.controls().forget();
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
