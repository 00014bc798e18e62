//! Credentials, which are attached to each request.
//!
//! * [`StaticToken`] is an access token that does not change.
//! * [`NoLogin`] stands for none: a client has it that only others are derived from.
//! * [`OAuth`] holds the tokens of an OAuth2 login and renews them. [`OAuthApp`] obtains them: it
//!   sends a person to the login and exchanges the code that comes back.
//! * [`LorSession`] is a session of Commons, given by its id or opened through Canvas.
//! * For anything else, implement [`Credentials`]:
//!
//! ```
//! use canvas_groups::{Canvas, Result, auth::{Authorization, Credentials}};
//! use canvas_groups::futures::future::BoxFuture;
//! use tokio::sync::Mutex;
//!
//! /// Keeps a token from a vault until the server refuses it.
//! #[derive(Debug)]
//! struct Vault { token: Mutex<Authorization> }
//!
//! async fn ask_the_vault() -> Result<Authorization> {
//!     Authorization::bearer("token-from-the-vault")
//! }
//!
//! impl Credentials for Vault {
//!     fn authorization(&self) -> BoxFuture<'_, Result<Authorization>> {
//!         Box::pin(async { Ok(self.token.lock().await.clone()) })
//!     }
//!
//!     fn refused<'a>(&'a self, used: &'a Authorization) -> BoxFuture<'a, Result<bool>> {
//!         Box::pin(async {
//!             // Calls that are refused together wait here for the first, and find its new token.
//!             let mut token = self.token.lock().await;
//!             if token.is_same(used) {
//!                 *token = ask_the_vault().await?;
//!             }
//!             Ok(!token.is_same(used))
//!         })
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")] async fn main() -> Result<()> {
//! let vault = Vault { token: Mutex::new(ask_the_vault().await?) };
//! let canvas = Canvas::builder("https://school.instructure.com").credentials(vault).build()?;
//! # Ok(())
//! # }
//! ```

mod app;
mod callback;
mod codes;
mod grant;
mod issuer;
mod login;
mod oauth;
mod pkce;
mod renewal;
mod secret_value;
mod session;
mod store;
mod tokens;

pub use crate::credentials::{Authorization, Credentials, NoLogin, StaticToken};
pub use app::{ClientAuthentication, OAuthApp, OAuthAppBuilder};
pub use callback::{LoginCode, PendingLogin};
pub use grant::Revoked;
pub use login::LoginRequest;
pub use oauth::OAuth;
pub use session::{Carrier, LorSession};
pub use store::{FileStore, MemoryStore, TokenStore};
pub use tokens::Tokens;
