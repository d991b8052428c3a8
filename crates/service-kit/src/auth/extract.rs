//! Permission in the type of a handler: whoever is not let in never reaches it.

use std::future::{Ready, ready};
use std::marker::PhantomData;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::header::presented_key;
use super::{Key, Keys, Scope};
use crate::problem::{Code, Problem};

/// What a handler lets in.
pub trait Permission: 'static {
    /// The scope that a key must have.
    const SCOPE: Scope;
}

macro_rules! permissions {
    ($($name:ident: $meaning:literal),* $(,)?) => {
        $(
            #[doc = $meaning]
            #[derive(Clone, Copy, Debug)]
            pub enum $name {}
        )*
    };
}

permissions! {
    EventsWrite: "Lets in keys that may post facts.",
    LeadsRead: "Lets in keys that may read leads.",
    LeadsExport: "Lets in keys that may read all leads at once.",
    LeadsErase: "Lets in keys that may erase leads.",
    AdminOnly: "Lets in admin keys.",
}

impl Permission for EventsWrite {
    const SCOPE: Scope = Scope::EventsWrite;
}
impl Permission for LeadsRead {
    const SCOPE: Scope = Scope::LeadsRead;
}
impl Permission for LeadsExport {
    const SCOPE: Scope = Scope::LeadsExport;
}
impl Permission for LeadsErase {
    const SCOPE: Scope = Scope::LeadsErase;
}
impl Permission for AdminOnly {
    const SCOPE: Scope = Scope::Admin;
}

/// The proof that the request came with a key that has the scope of `P`.
///
/// Put it first among a handler's arguments, so that strangers are refused before their bodies are read.
#[derive(Clone, Debug)]
pub struct Authorized<P> {
    key: Arc<Key>,
    permission: PhantomData<P>,
}

impl<P> Authorized<P> {
    /// The key that was presented.
    #[must_use]
    pub fn key(&self) -> &Key {
        &self.key
    }

    /// Asks for one more scope, where what was asked for needs it.
    ///
    /// # Errors
    /// When the key lacks it.
    pub fn require(&self, scope: Scope) -> Result<(), Problem> {
        if self.key.may(scope) { Ok(()) } else { Err(lacks(scope)) }
    }
}

fn lacks(scope: Scope) -> Problem {
    Problem::new(Code::ForbiddenScope).detail(format!("The key lacks the scope `{scope}`."))
}

impl<P: Permission> FromRequest for Authorized<P> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(authorize(request, P::SCOPE).map(|key| Self { key, permission: PhantomData }))
    }
}

fn authorize(request: &HttpRequest, scope: Scope) -> Result<Arc<Key>, Problem> {
    let keys = request.app_data::<Keys>().ok_or_else(|| Problem::internal(&"no keys were configured"))?;
    let presented = presented_key(request.headers()).ok_or(Code::Unauthorized)?;
    let key = keys.find(&presented).ok_or(Code::Unauthorized)?;
    if key.may(scope) { Ok(key) } else { Err(lacks(scope)) }
}
