//! Lists that come in pages.

use super::Read;
use crate::aws::error::CallError;

/// The longest page EKS gives.
pub const PAGE: i32 = 100;

/// Everything a paged list holds; `None` if what it is a list of is not there. `page` asks for the page that a
/// token names and answers with its items and the next token.
pub async fn all_pages<T, Page>(page: impl Fn(Option<String>) -> Page) -> Read<Vec<T>>
where
    Page: Future<Output = Result<Option<(Vec<T>, Option<String>)>, CallError>>,
{
    let mut all = Vec::new();
    let mut token = None;
    loop {
        let Some((items, next)) = page(token).await? else { return Ok(None) };
        all.extend(items);
        if next.is_none() {
            return Ok(Some(all));
        }
        token = next;
    }
}
