//! Values of which each is kept once, and for good: they are compared, hashed and copied by their address.

use dashmap::DashMap;
use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;

/// A value of a shelf. Two of the same shelf are equal if they are the same one.
pub(crate) struct Known<T: ?Sized + 'static>(&'static T);

/// Values of one type, to be found by what they are.
pub(crate) struct Shelf<T: ?Sized + 'static>(DashMap<&'static T, (), ahash::RandomState>);

impl<T: ?Sized + Eq + Hash> Shelf<T> {
    pub(crate) fn new() -> Shelf<T> {
        Shelf(DashMap::default())
    }

    /// The one that is equal to this one.
    pub(crate) fn known<O: Borrow<T> + Into<Box<T>>>(&self, value: O) -> Known<T> {
        if let Some(there) = self.0.get(value.borrow()) {
            return Known(there.key());
        }
        // Another thread may put it there meanwhile: whoever comes second takes the first one's.
        Known(self.0.entry(Box::leak(value.into())).or_default().key())
    }
}

impl<T: ?Sized> Clone for Known<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Known<T> {}

impl<T: ?Sized> PartialEq for Known<T> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl<T: ?Sized> Eq for Known<T> {}

impl<T: ?Sized> Hash for Known<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::ptr::from_ref(self.0).cast::<()>().hash(state);
    }
}

impl<T: ?Sized> Deref for Known<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0
    }
}

impl<T: ?Sized + fmt::Debug> fmt::Debug for Known<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
