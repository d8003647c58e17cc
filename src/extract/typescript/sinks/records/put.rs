//! Values that are put into a list one after the other, beside the columns of a statement that is put together so:
//! `values.push(id); db.run(`UPDATE users SET ${columns.join(', ')} WHERE id = ?`, values)`. How many stand in front is not
//! known; those of the condition are the last.

use crate::extract::typescript::names::{Module, unquoted};
use crate::parse::typescript::{Kind, Syntax};

/// The values behind the last hole of a statement, where all that is handed along is one list.
pub(super) fn last<'t>(module: &Module<'t>, statement: Syntax<'t>, given: &[Syntax<'t>]) -> Option<Vec<Syntax<'t>>> {
    let [only] = given else { return None };
    let list = if only.kind() == Kind::Spread { only.first()? } else { *only };
    let hole = statement.children().filter(|part| part.kind() == Kind::Substitution).last().filter(|_| list.kind() == Kind::Identifier)?;
    let text = unquoted(statement);
    // `unquoted` leaves the first quotation mark out.
    let behind = text.get((hole.span().end - statement.start() - 1) as usize..)?;
    let wanted = behind.matches('?').count();
    let put = module.pushed(module.lookup(list.text(), list)?);
    let is_whole = wanted > 0 && text.matches('?').count() == wanted;
    put.len().checked_sub(wanted).filter(|_| is_whole).map(|before| put[before..].to_vec())
}
