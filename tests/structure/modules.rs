//! The modules of a crate as its files declare them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use syn::{Attribute, Expr, Item, ItemMod, Lit, Meta, UseTree};

/// Index of a file.
pub type FileId = usize;
/// Index of a module; the crate's root is 0.
pub type ModuleId = usize;

/// A module: a file, or a part of one.
#[derive(Default)]
pub struct Module {
    /// The file that it is in.
    pub file: FileId,
    /// The module that it is in; the root is in itself.
    pub parent: ModuleId,
    /// Modules in it, by name.
    pub children: BTreeMap<String, ModuleId>,
    /// Names that a `use` brings into it, with their paths.
    pub names: BTreeMap<String, Vec<String>>,
    /// Paths that a `use` brings the names of.
    pub globs: Vec<Vec<String>>,
    /// Names that it defines itself.
    pub defined: Vec<String>,
    /// Its items, without modules and tests.
    pub items: Vec<Item>,
}

/// A crate's modules and files.
pub struct Crate {
    files: Vec<PathBuf>,
    modules: Vec<Module>,
}

impl Crate {
    /// Reads the crate whose root is the file `entry`, without its tests.
    pub fn read(entry: &Path) -> Self {
        let mut read = Self { files: Vec::new(), modules: vec![Module::default()] };
        let folder = entry.parent().expect("a file in a folder").to_path_buf();
        read.file(0, entry, &folder);
        read
    }

    /// The files, in the order in which they are declared.
    pub fn files(&self) -> &[PathBuf] {
        &self.files
    }

    /// The modules.
    pub fn modules(&self) -> &[Module] {
        &self.modules
    }

    /// Reads a file as the module `id`, whose own modules lie in `folder`.
    fn file(&mut self, id: ModuleId, path: &Path, folder: &Path) {
        let text =
            std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let parsed = syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        self.modules[id].file = self.files.len();
        self.files.push(path.to_path_buf());
        if !parsed.attrs.iter().any(is_test) {
            self.items(id, parsed.items, folder);
        }
    }

    fn items(&mut self, id: ModuleId, items: Vec<Item>, folder: &Path) {
        for item in items {
            if attributes(&item).iter().any(is_test) {
                continue;
            }
            match item {
                Item::Mod(module) => self.module(id, module, folder),
                Item::Use(ref tree) => {
                    self.bind(id, &mut Vec::new(), &tree.tree);
                    self.modules[id].items.push(item);
                }
                other => {
                    self.modules[id].defined.extend(defined_name(&other));
                    self.modules[id].items.push(other);
                }
            }
        }
    }

    fn module(&mut self, parent: ModuleId, module: ItemMod, folder: &Path) {
        let name = module.ident.to_string();
        let id = self.modules.len();
        self.modules.push(Module { parent, file: self.modules[parent].file, ..Module::default() });
        self.modules[parent].children.insert(name.clone(), id);
        match module.content {
            Some((_, items)) => self.items(id, items, &folder.join(&name)),
            None => {
                let inside = folder.join(&name);
                let candidates = match path_attribute(&module.attrs) {
                    Some(path) => vec![folder.join(path)],
                    None => vec![folder.join(format!("{name}.rs")), inside.join("mod.rs")],
                };
                let file = candidates.iter().find(|path| path.is_file());
                let file = file.unwrap_or_else(|| panic!("module {name} is in none of {candidates:?}"));
                self.file(id, file, &inside);
            }
        }
    }

    fn bind(&mut self, id: ModuleId, path: &mut Vec<String>, tree: &UseTree) {
        let module = &mut self.modules[id];
        match tree {
            UseTree::Path(next) => {
                path.push(next.ident.to_string());
                self.bind(id, path, &next.tree);
                path.pop();
            }
            UseTree::Name(name) if name.ident == "self" => {
                module.names.extend(path.last().cloned().map(|name| (name, path.clone())));
            }
            UseTree::Name(name) => {
                let name = name.ident.to_string();
                module.names.insert(name.clone(), [&path[..], &[name]].concat());
            }
            UseTree::Rename(name) => {
                let target = [&path[..], &[name.ident.to_string()]].concat();
                module.names.insert(name.rename.to_string(), target);
            }
            UseTree::Glob(_) => module.globs.push(path.clone()),
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.bind(id, path, tree)),
        }
    }
}

/// Whether an attribute leaves its item to tests.
fn is_test(attribute: &Attribute) -> bool {
    let Meta::List(list) = &attribute.meta else { return false };
    list.path.is_ident("cfg") && list.tokens.to_string() == "test"
}

fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    attributes.iter().find_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            Expr::Lit(literal) => match &literal.lit {
                Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    })
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn defined_name(item: &Item) -> Option<String> {
    let name = match item {
        Item::Const(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Fn(item) => &item.sig.ident,
        Item::Macro(item) => item.ident.as_ref()?,
        Item::Static(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Trait(item) => &item.ident,
        Item::Type(item) => &item.ident,
        Item::Union(item) => &item.ident,
        _ => return None,
    };
    Some(name.to_string())
}
