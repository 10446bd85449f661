//! Changes of statements: left out, swapped, moved into a loop, a condition or a child, and out of it.

use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Expr, ExprClosure, Pat, Stmt, parse_quote};

use crate::change::{Change, statement};

/// Makes the change of this block whose turn it is.
pub(crate) fn change(change: &mut Change, block: &mut Block) {
    for at in 0..block.stmts.len() {
        // What was changed may have become shorter.
        if matches!(block.stmts.get(at), None | Some(Stmt::Item(_))) {
            continue;
        }
        leave_out(change, block, at);
        swap(change, block, at);
        forget_the_error(change, block, at);
        drop_the_guard(change, block, at);
        move_in_or_out(change, block, at);
    }
}

fn leave_out(change: &mut Change, block: &mut Block, at: usize) {
    if change.turn(|| format!("without {}", statement(&block.stmts[at]))) {
        block.stmts.remove(at);
    }
}

fn swap(change: &mut Change, block: &mut Block, at: usize) {
    let Some([one, other]) = block.stmts.get(at..at + 2) else { return };
    if change.turn(|| format!("{} after {}", statement(one), statement(other))) {
        block.stmts.swap(at, at + 1);
    }
}

/// `let _ = it;` for `it?;`
fn forget_the_error(change: &mut Change, block: &mut Block, at: usize) {
    let Some(Stmt::Expr(Expr::Try(it), Some(_))) = block.stmts.get(at) else { return };
    let it = it.expr.clone();
    if change.turn(|| format!("`let _ =` and no `?` in {}", statement(&block.stmts[at]))) {
        block.stmts[at] = parse_quote!(let _ = #it;);
    }
}

/// A guard that ends before the block does, after each of the statements that follow.
fn drop_the_guard(change: &mut Change, block: &mut Block, at: usize) {
    let Some(Stmt::Local(local)) = block.stmts.get(at) else { return };
    let Pat::Ident(name) = local.pat.clone() else { return };
    if !local.to_token_stream().to_string().contains("acquire") {
        return;
    }
    for after in at + 1..block.stmts.len() - 1 {
        if change.turn(|| format!("`drop({})` after {}", name.ident, statement(&block.stmts[after]))) {
            block.stmts.insert(after + 1, parse_quote!(drop(#name);));
            return;
        }
    }
}

/// The statement before or after one that has a body of its own becomes the first or the last of that; and the other way
/// round.
fn move_in_or_out(change: &mut Change, block: &mut Block, at: usize) {
    let Some(stmt) = block.stmts.get(at) else { return };
    if bodies(&mut stmt.clone()) == 0 {
        return;
    }
    if at > 0
        && change.turn(|| format!("{} moved into the one that follows", statement(&block.stmts[at - 1])))
    {
        let moved = block.stmts.remove(at - 1);
        in_body(&mut block.stmts[at - 1], |body| body.stmts.insert(0, moved));
        return;
    }
    if at + 1 < block.stmts.len()
        && change.turn(|| format!("{} moved into the one before", statement(&block.stmts[at + 1])))
    {
        let moved = block.stmts.remove(at + 1);
        in_body(&mut block.stmts[at], |body| {
            let end = body.stmts.len() - usize::from(ends_with_a_value(body));
            body.stmts.insert(end, moved);
        });
        return;
    }
    let mut first = None;
    let mut last = None;
    let mut copy = stmt.clone();
    in_body(&mut copy, |body| {
        first = body.stmts.first().cloned();
        last = body.stmts.iter().rfind(|stmt| !matches!(stmt, Stmt::Expr(_, None))).cloned();
    });
    if let Some(first) = first
        && change.turn(|| format!("{} moved out, before it", statement(&first)))
    {
        in_body(&mut block.stmts[at], |body| drop(body.stmts.remove(0)));
        block.stmts.insert(at, first);
        return;
    }
    if let Some(last) = last
        && change.turn(|| format!("{} moved out, after it", statement(&last)))
    {
        in_body(&mut block.stmts[at], |body| {
            let is = |stmt: &Stmt| stmt.to_token_stream().to_string() == last.to_token_stream().to_string();
            if let Some(place) = body.stmts.iter().rposition(is) {
                body.stmts.remove(place);
            }
        });
        block.stmts.insert(at + 1, last);
    }
}

fn ends_with_a_value(body: &Block) -> bool {
    matches!(body.stmts.last(), Some(Stmt::Expr(_, None)))
}

/// The outermost bodies of loops, conditions and closures in a statement.
struct Bodies<F> {
    work: Option<F>,
    count: usize,
}

impl<F: FnOnce(&mut Block)> VisitMut for Bodies<F> {
    fn visit_block_mut(&mut self, block: &mut Block) {
        self.count += 1;
        if let Some(work) = self.work.take() {
            work(block);
        }
    }

    fn visit_expr_closure_mut(&mut self, closure: &mut ExprClosure) {
        // `|| task()` is `|| { task() }`.
        if !matches!(*closure.body, Expr::Block(_)) {
            let body = &closure.body;
            let body: Expr = parse_quote!({ #body });
            *closure.body = body;
        }
        visit_mut::visit_expr_closure_mut(self, closure);
    }
}

fn bodies(stmt: &mut Stmt) -> usize {
    let mut bodies = Bodies { work: None::<fn(&mut Block)>, count: 0 };
    bodies.visit_stmt_mut(stmt);
    bodies.count
}

fn in_body(stmt: &mut Stmt, work: impl FnOnce(&mut Block)) {
    Bodies { work: Some(work), count: 0 }.visit_stmt_mut(stmt);
}
