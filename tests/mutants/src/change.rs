//! The small changes: of a statement, a number, a call, a condition.
//!
//! A program is walked through again and again; each time, the next place where something can be changed is changed.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{
    Block, Expr, ExprForLoop, ExprLit, ExprMethodCall, File, ItemFn, Lit, Local, Pat, Stmt, parse_quote,
};

use crate::stmts;

/// A program that differs from the solution in one place.
#[derive(Clone, Debug)]
pub(crate) struct Mutant {
    /// Where and what: it names the mutant in the list of equal ones, so it holds no line numbers.
    pub(crate) what: String,
    pub(crate) text: String,
}

/// All of them, each once.
pub(crate) fn all(solution: &File) -> Vec<Mutant> {
    let mut texts = vec![text(solution)];
    let mut mutants: Vec<Mutant> = Vec::new();
    for at in 0.. {
        let mut file = solution.clone();
        let mut change = Change { left: at, function: String::new(), what: None };
        change.visit_file_mut(&mut file);
        let Some(mut what) = change.what else { break };
        let text = text(&file);
        if texts.contains(&text) {
            continue;
        }
        let same = mutants.iter().filter(|other| other.what.split(" (again").next() == Some(&what)).count();
        if same > 0 {
            what += &format!(" (again, {same})");
        }
        texts.push(text.clone());
        mutants.push(Mutant { what, text });
    }
    mutants
}

fn text(file: &File) -> String {
    file.to_token_stream().to_string()
}

/// Makes the change that comes after so many others.
pub(crate) struct Change {
    left: usize,
    function: String,
    what: Option<String>,
}

impl Change {
    /// Whether it is this change's turn.
    pub(crate) fn turn(&mut self, what: impl FnOnce() -> String) -> bool {
        if self.what.is_some() {
            return false;
        }
        if self.left > 0 {
            self.left -= 1;
            return false;
        }
        self.what = Some(format!("{}: {}", self.function, what()));
        true
    }

    /// Replaces an expression by one of these, when it is their turn.
    fn replace(&mut self, expr: &mut Expr, others: Vec<Expr>) {
        for other in others {
            let words = || format!("`{}` is `{}`", shown(&*expr), shown(&other));
            if self.turn(words) {
                *expr = other;
                return;
            }
        }
    }
}

impl VisitMut for Change {
    fn visit_item_fn_mut(&mut self, item: &mut ItemFn) {
        self.function = item.sig.ident.to_string();
        visit_mut::visit_item_fn_mut(self, item);
    }

    fn visit_block_mut(&mut self, block: &mut Block) {
        stmts::change(self, block);
        if self.what.is_none() {
            visit_mut::visit_block_mut(self, block);
        }
    }

    fn visit_local_mut(&mut self, local: &mut Local) {
        let is_kept = matches!(&local.pat, Pat::Ident(name) if name.ident.to_string().starts_with('_'));
        let words = |local: &Local| format!("`let _ =` in `{}`", shown(local));
        if is_kept && self.turn(|| words(local)) {
            local.pat = parse_quote!(_);
            return;
        }
        visit_mut::visit_local_mut(self, local);
    }

    fn visit_expr_for_loop_mut(&mut self, each: &mut ExprForLoop) {
        let all = each.expr.clone();
        if self.turn(|| format!("one round less of `for {} in {}`", shown(&each.pat), shown(&all))) {
            *each.expr = parse_quote!((#all).into_iter().skip(1));
            return;
        }
        visit_mut::visit_expr_for_loop_mut(self, each);
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        let others = match &*expr {
            Expr::Lit(literal) => literals(literal),
            Expr::MethodCall(call) => calls(call),
            Expr::Binary(both) => operators(both),
            Expr::Unary(it) if matches!(it.op, syn::UnOp::Not(_)) => vec![(*it.expr).clone()],
            Expr::If(it) if !matches!(*it.cond, Expr::Let(_)) => {
                let cond = &it.cond;
                vec![with(it.clone(), |it| it.cond = parse_quote!(!(#cond)))]
            }
            Expr::While(it) => {
                let (cond, body) = (&it.cond, &it.body);
                vec![parse_quote!(if #cond #body)]
            }
            Expr::Range(it) if matches!(it.limits, syn::RangeLimits::HalfOpen(_)) => {
                let limits = syn::RangeLimits::Closed(parse_quote!(..=));
                vec![Expr::Range(syn::ExprRange { limits, ..it.clone() })]
            }
            _ => vec![],
        };
        self.replace(expr, others);
        if self.what.is_none() {
            visit_mut::visit_expr_mut(self, expr);
        }
    }
}

fn with(mut it: syn::ExprIf, change: impl FnOnce(&mut syn::ExprIf)) -> Expr {
    change(&mut it);
    Expr::If(it)
}

/// One more, one less, the other one.
fn literals(literal: &ExprLit) -> Vec<Expr> {
    match &literal.lit {
        Lit::Int(number) => {
            let (value, suffix) = (number.base10_parse::<u64>().unwrap_or(0), number.suffix());
            let others = [value.checked_sub(1), value.checked_add(1)].into_iter().flatten();
            others.filter_map(|value| syn::parse_str(&format!("{value}{suffix}")).ok()).collect()
        }
        Lit::Float(number) => {
            let value = number.base10_parse::<f64>().unwrap_or(0.0);
            [value - 1.0, value + 1.0]
                .iter()
                .filter_map(|value| syn::parse_str(&format!("{value:?}")).ok())
                .collect()
        }
        Lit::Bool(is) => {
            let other = !is.value;
            vec![parse_quote!(#other)]
        }
        _ => vec![],
    }
}

/// Calls that wait, wait for some time, do not wait; that end a child in another way; a daemon that is none.
fn calls(call: &ExprMethodCall) -> Vec<Expr> {
    let (receiver, args) = (&call.receiver, &call.args);
    let long = quote!(std::time::Duration::from_secs(20));
    let named = |name: &str, more: TokenStream| -> Expr {
        let name = syn::Ident::new(name, proc_macro2::Span::call_site());
        parse_quote!(#receiver.#name(#more))
    };
    let timed = |name: &str| named(&format!("{name}_timeout"), long.clone());
    let tried = |name: &str| named(&format!("try_{name}"), quote!(#args));
    match call.method.to_string().as_str() {
        "join" => vec![timed("join"), named("is_alive", quote!()), named("exit_status", quote!())],
        "get" | "acquire" => {
            let name = call.method.to_string();
            vec![timed(&name), tried(&name)]
        }
        "recv" => vec![timed("recv")],
        "put" => vec![tried("put"), named("put_timeout", quote!(#args, #long))],
        "terminate" => vec![named("kill", quote!())],
        "is_alive" => vec![named("is_daemon", quote!())],
        // A daemon is turned by its `true`.
        "start" if !receiver.to_token_stream().to_string().contains("daemon") => {
            vec![parse_quote!(#receiver.daemon(true).start())]
        }
        _ => vec![],
    }
}

fn operators(both: &syn::ExprBinary) -> Vec<Expr> {
    use syn::BinOp;
    let others: Vec<BinOp> = match both.op {
        BinOp::Gt(_) => vec![parse_quote!(>=), parse_quote!(<)],
        BinOp::Lt(_) => vec![parse_quote!(<=), parse_quote!(>)],
        BinOp::Ge(_) => vec![parse_quote!(>)],
        BinOp::Le(_) => vec![parse_quote!(<)],
        BinOp::Eq(_) => vec![parse_quote!(!=)],
        BinOp::Ne(_) => vec![parse_quote!(==)],
        BinOp::And(_) => vec![parse_quote!(||)],
        BinOp::Or(_) => vec![parse_quote!(&&)],
        BinOp::Add(_) => vec![parse_quote!(-)],
        BinOp::Sub(_) => vec![parse_quote!(+)],
        _ => vec![],
    };
    others.into_iter().map(|op| Expr::Binary(syn::ExprBinary { op, ..both.clone() })).collect()
}

/// Code in one short line.
pub(crate) fn shown(code: impl ToTokens) -> String {
    const LENGTH: usize = 60;
    let mut text = code.to_token_stream().to_string();
    for tight in [".", "::", "(", ")", "[", "]", ";", ",", "?", "!", "&", "| |"] {
        text = text.replace(&format!(" {tight}"), tight);
        if !matches!(tight, ")" | ";" | "," | "?" | "]") {
            text = text.replace(&format!("{tight} "), tight);
        }
    }
    // In the list of the equal ones, ` | ` ends the name.
    let text = text.replace(" | ", "|");
    match text.char_indices().nth(LENGTH) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

/// A statement, shown in one short line.
pub(crate) fn statement(stmt: &Stmt) -> String {
    format!("`{}`", shown(stmt))
}
