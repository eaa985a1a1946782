//! From the paths that a file names to the files that it needs.
//!
//! A path is followed through modules and through what they bring in by `use`, to the file that defines the item: a
//! parent that only passes on its children's names (`pub use`) is not what its children need. The paths in macros'
//! arguments count; what a macro expands to does not.

use std::collections::BTreeMap;

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::Visit;
use syn::{Item, UseTree, Visibility};

use crate::modules::{Crate, FileId, ModuleId};

/// A name that leads back to itself after this many steps leads nowhere.
const MAX_STEPS: usize = 16;

/// Which file needs which other, and the names that it takes from there.
pub fn imports(krate: &Crate) -> BTreeMap<(FileId, FileId), Vec<String>> {
    let mut imports: BTreeMap<(FileId, FileId), Vec<String>> = BTreeMap::new();
    for (id, module) in krate.modules().iter().enumerate() {
        let mut paths = Paths::default();
        for item in &module.items {
            match item {
                // Passing a name on is no need of it.
                Item::Use(tree) if !matches!(tree.vis, Visibility::Inherited) => {}
                Item::Use(tree) => paths.tree(&mut Vec::new(), &tree.tree),
                other => paths.visit_item(other),
            }
        }
        for path in paths.found {
            if let Some(target) = resolve(krate, id, &path, 0) {
                let (from, to) = (module.file, krate.modules()[target].file);
                if from != to {
                    let names = imports.entry((from, to)).or_default();
                    names.extend(path.last().filter(|name| !names.contains(name)).cloned());
                }
            }
        }
    }
    imports
}

/// The module that defines what `path`, named in the module `from`, leads to; for a path in the code itself (step 0)
/// that ends at an unknown name, the module that has that name from somewhere else.
fn resolve(krate: &Crate, from: ModuleId, path: &[String], steps: usize) -> Option<ModuleId> {
    let (first, mut rest) = path.split_first()?;
    let modules = krate.modules();
    let mut at = match first.as_str() {
        "crate" => 0,
        "self" => from,
        "super" => modules[from].parent,
        name => {
            rest = path;
            if !modules[from].children.contains_key(name)
                && (steps == 0 || !modules[from].names.contains_key(name))
            {
                return None; // another crate's, or a name that a `use` brought in and that was seen there
            }
            from
        }
    };
    if steps > MAX_STEPS {
        return None;
    }
    while let Some((name, behind)) = rest.split_first() {
        if name == "super" {
            at = modules[at].parent;
        } else if let Some(&child) = modules[at].children.get(name) {
            at = child;
        } else if modules[at].defined.contains(name) {
            return Some(at);
        } else if let Some(target) = modules[at].names.get(name) {
            let target = [&target[..], behind].concat();
            return resolve(krate, at, &target, steps + 1);
        } else {
            let mut globs = modules[at].globs.iter();
            let found = globs.find_map(|glob| resolve(krate, at, &[&glob[..], rest].concat(), steps + 1));
            return if steps == 0 { found.or(Some(at)) } else { found };
        }
        rest = behind;
    }
    Some(at)
}

/// Collects paths of two and more segments.
#[derive(Default)]
struct Paths {
    found: Vec<Vec<String>>,
}

impl Paths {
    fn tree(&mut self, path: &mut Vec<String>, tree: &UseTree) {
        match tree {
            UseTree::Path(next) => {
                path.push(next.ident.to_string());
                self.tree(path, &next.tree);
                path.pop();
            }
            UseTree::Name(name) if name.ident == "self" => self.found.push(path.clone()),
            UseTree::Name(name) => self.found.push([&path[..], &[name.ident.to_string()]].concat()),
            UseTree::Rename(name) => self.found.push([&path[..], &[name.ident.to_string()]].concat()),
            UseTree::Glob(_) => self.found.push(path.clone()),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.tree(path, tree)),
        }
    }

    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut colons = 0;
        for token in tokens {
            match token {
                TokenTree::Ident(name) => {
                    if colons != 2 {
                        self.end(&mut path);
                    }
                    path.push(name.to_string());
                    colons = 0;
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' => colons += 1,
                TokenTree::Group(group) => {
                    self.end(&mut path);
                    self.tokens(group.stream());
                }
                _ => self.end(&mut path),
            }
        }
        self.end(&mut path);
    }

    fn end(&mut self, path: &mut Vec<String>) {
        let path = std::mem::take(path);
        if path.len() > 1 {
            self.found.push(path);
        }
    }
}

impl<'ast> Visit<'ast> for Paths {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if segments.len() > 1 {
            self.found.push(segments);
        }
        syn::visit::visit_path(self, path);
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.tree(&mut Vec::new(), &item.tree);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.tokens(call.tokens.clone());
    }
}
