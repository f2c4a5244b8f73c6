//! What a call sends.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use js_sys::{ArrayBuffer, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Blob, FormData, UrlSearchParams};

/// What a call sends: text, bytes, or whatever else the host's fetch takes as a body.
///
/// ```no_run
/// use cloud_run_auth::fetch::Body;
/// let text = Body::from("a=1");
/// let bytes = Body::from(vec![0_u8, 1]);
/// ```
#[derive(Clone)]
pub struct Body(pub(super) JsValue);

impl Body {
    /// Whether it can be sent again. A stream cannot.
    pub(super) fn is_replayable(&self) -> bool {
        let body = &self.0;
        body.is_string()
            || body.is_instance_of::<ArrayBuffer>()
            || ArrayBuffer::is_view(body)
            || body.is_instance_of::<Blob>()
            || body.is_instance_of::<UrlSearchParams>()
            || body.is_instance_of::<FormData>()
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Body(…)")
    }
}

impl From<&str> for Body {
    fn from(text: &str) -> Body {
        Body(text.into())
    }
}

impl From<String> for Body {
    fn from(text: String) -> Body {
        Body(text.into())
    }
}

impl From<&[u8]> for Body {
    fn from(bytes: &[u8]) -> Body {
        Body(Uint8Array::from(bytes).into())
    }
}

impl From<Vec<u8>> for Body {
    fn from(bytes: Vec<u8>) -> Body {
        bytes.as_slice().into()
    }
}

/// A `Blob`, a `FormData`, a `ReadableStream` and the like.
impl From<JsValue> for Body {
    fn from(body: JsValue) -> Body {
        Body(body)
    }
}
