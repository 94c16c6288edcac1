//! Checks the imports between the source files of each package: no circles, no import from a parent module, and no
//! import from a lower layer to a higher one.
//!
//! It reads `use` and `mod` lines, and paths in code and macros (`crate::a::b`, `super::b`, `alias::b`). A path leads to
//! the file that defines the item: a name that a `mod.rs` re-exports leads to the child's file. Items with
//! `#[cfg(test)]` are skipped.

#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot continue should fail at that point"
)]

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree};

/// The greatest number of re-exports that are followed for one name.
const MAX_REEXPORTS: usize = 20;

/// Crates and modules of `std` that do I/O or read a clock: a package without them is pure.
const IMPURE: [&str; 11] = [
    "tokio",
    "aws_*",
    "hyper",
    "lambda_*",
    "std::fs",
    "std::net",
    "std::env",
    "std::time::SystemTime",
    "std::time::Instant",
    "std::process",
    "std::thread",
];

// ---- The checks ----

#[test]
fn files_import_in_no_circle() {
    report(&Package::all().iter().flat_map(|package| package.imports().circles(package)).collect::<Vec<_>>());
}

#[test]
fn no_file_imports_from_its_parent_modules() {
    report(&Package::all().iter().flat_map(|package| package.imports().parent_imports(package)).collect::<Vec<_>>());
}

#[test]
fn the_engine_is_pure() {
    report(&Package::named("precall").imports().impure());
}

#[test]
fn commands_are_independent_and_nothing_below_imports_them() {
    report(&Package::named("precall-cli").imports().forbidden(commands_rule));
}

#[test]
fn the_hooks_layers_import_downwards() {
    report(&Package::named("precall-hook").imports().forbidden(hook_rule));
}

/// Checks that the parser reads the real tree: each file, and imports in each package.
#[test]
fn every_source_file_is_read() {
    for package in Package::all() {
        let modules = Modules::of(&package);
        let read: BTreeSet<&str> = modules.all.iter().map(|module| module.file.as_str()).collect();
        let files: BTreeSet<&str> = package.files.keys().map(String::as_str).collect();
        assert_eq!(read, files, "{}: files that no `mod` line reaches", package.name);
    }
    for (name, fewest) in [("precall", 30), ("precall-hook", 15), ("precall-cli", 100)] {
        let imports = Package::named(name).imports();
        assert!(imports.inner.len() >= fewest, "{name}: only {} imports were found", imports.inner.len());
        assert!(
            imports.outer.iter().any(|import| import.path.starts_with("std::")),
            "{name}: no import of std was found"
        );
    }
}

/// Returns true if an import is allowed: a command must not import another command, and only `main` and `commands/mod.rs` may
/// import commands.
fn commands_rule(from: &[String], to: &[String]) -> bool {
    let command = |path: &[String]| path.first().is_some_and(|first| first == "commands").then(|| path.get(1).cloned());
    match (command(from), command(to)) {
        (_, None) | (Some(None), Some(_)) => true,
        (Some(x), Some(y)) => y.is_none() || x == y,
        (None, Some(_)) => from.is_empty(),
    }
}

/// Returns true if the hook's layers allow an import: settings must not import the store, and the store, the log and the journal
/// must not import the decision service and the handler.
fn hook_rule(from: &[String], to: &[String]) -> bool {
    let first = |path: &[String]| path.first().cloned().unwrap_or_default();
    match first(from).as_str() {
        "settings" => first(to) != "store",
        "store" | "log" | "journal" | "journal_batch" => !["handler", "decision_service"].contains(&first(to).as_str()),
        _ => true,
    }
}

fn report(problems: &[String]) {
    assert!(problems.is_empty(), "{} problems:\n{}", problems.len(), problems.join("\n"));
}

// ---- Packages ----

/// A package's name and the texts of its source files, by their path below `src`.
#[derive(Debug)]
struct Package {
    name: String,
    files: BTreeMap<String, String>,
}

impl Package {
    /// Reads all packages of the workspace.
    fn all() -> Vec<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
        let mut folders = vec![root.clone()];
        for folder in folders_of(&root.join("crates")) {
            folders.extend(folders_of(&folder));
            folders.push(folder);
        }
        folders.retain(|folder| folder.join("Cargo.toml").is_file() && folder.join("src").is_dir());
        folders.iter().map(|folder| Self::read(folder)).collect()
    }

    fn named(name: &str) -> Self {
        Self::all().into_iter().find(|package| package.name == name).unwrap_or_else(|| panic!("no package {name}"))
    }

    fn read(folder: &Path) -> Self {
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        let (_, package) = manifest.split_once("[package]").expect("a package");
        let name = package.lines().find_map(|line| line.strip_prefix("name = ")).expect("a name");
        let mut files = BTreeMap::new();
        let source = folder.join("src");
        let mut open = vec![source.clone()];
        while let Some(folder) = open.pop() {
            for path in paths_of(&folder) {
                if path.is_dir() {
                    open.push(path);
                } else if path.extension().is_some_and(|extension| extension == "rs") {
                    let below = path.strip_prefix(&source).unwrap().to_str().unwrap().to_owned();
                    files.insert(below, fs::read_to_string(&path).unwrap());
                }
            }
        }
        Self { name: name.trim().trim_matches('"').to_owned(), files }
    }

    /// Returns a package for a test.
    fn of(files: &[(&str, &str)]) -> Self {
        let files = files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
        Self { name: "test".to_owned(), files }
    }

    fn imports(&self) -> Imports {
        Imports::of(&Modules::of(self))
    }
}

fn paths_of(folder: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn folders_of(folder: &Path) -> Vec<PathBuf> {
    paths_of(folder).into_iter().filter(|path| path.is_dir()).collect()
}

// ---- Modules ----

/// A name that a `use` line brings into scope.
#[derive(Debug, Clone, PartialEq, Eq)]
struct UsedName {
    path: Vec<String>,
    /// The name in scope, which `as` may change; `*` for all names of a module.
    name: String,
}

/// A module: a file, or a block of one.
#[derive(Debug, Default)]
struct Module {
    /// The path below the crate's root; empty for the root.
    path: Vec<String>,
    file: String,
    parent: Option<usize>,
    children: BTreeMap<String, usize>,
    /// Names that are defined here.
    items: BTreeSet<String>,
    used: Vec<UsedName>,
    /// Paths of several names in code.
    code_paths: BTreeSet<Vec<String>>,
}

/// The target of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Target {
    /// A module of the package.
    Module(usize),
    /// An item of a module of the package.
    Item(usize, String),
    /// A path of another crate.
    Outer(Vec<String>),
}

/// The modules of a package's library and binaries.
#[derive(Debug, Default)]
struct Modules {
    all: Vec<Module>,
    /// The library's name in paths, and its root.
    library: Option<(String, usize)>,
}

impl Modules {
    fn of(package: &Package) -> Self {
        let mut modules = Self::default();
        for file in package.files.keys() {
            let is_binary = file == "main.rs" || file.starts_with("bin/") && file.matches('/').count() == 1;
            if file == "lib.rs" || is_binary {
                let root = modules.all.len();
                if file == "lib.rs" {
                    modules.library = Some((package.name.replace('-', "_"), root));
                }
                let folder = if file.starts_with("bin/") { "bin/" } else { "" };
                modules.add(Module { file: file.clone(), ..Module::default() });
                modules.read_file(package, root, folder);
            }
        }
        modules
    }

    fn add(&mut self, module: Module) -> usize {
        self.all.push(module);
        self.all.len() - 1
    }

    /// Reads a module's file. Its children's files are in `folder`, which is empty or ends with `/`.
    fn read_file(&mut self, package: &Package, module: usize, folder: &str) {
        let file = &self.all[module].file;
        let text = &package.files[file];
        let parsed = syn::parse_file(text).unwrap_or_else(|error| panic!("{file}: {error}"));
        self.read_items(package, module, folder, &parsed.items);
    }

    fn read_items(&mut self, package: &Package, module: usize, folder: &str, items: &[Item]) {
        for item in items.iter().filter(|item| !is_test(attributes(item))) {
            match item {
                Item::Mod(child) => {
                    let name = child.ident.to_string();
                    let path = [&self.all[module].path[..], std::slice::from_ref(&name)].concat();
                    let new = Module { path, parent: Some(module), ..Module::default() };
                    let inside = format!("{folder}{name}/");
                    if let Some((_, items)) = &child.content {
                        let file = self.all[module].file.clone();
                        let index = self.add(Module { file, ..new });
                        self.all[module].children.insert(name, index);
                        self.read_items(package, index, &inside, items);
                    } else {
                        let files = [format!("{folder}{name}.rs"), format!("{inside}mod.rs")];
                        let file = files.into_iter().find(|file| package.files.contains_key(file));
                        let file = file.unwrap_or_else(|| panic!("no file of `mod {name}` in {folder}"));
                        let index = self.add(Module { file, ..new });
                        self.all[module].children.insert(name, index);
                        self.read_file(package, index, &inside);
                    }
                }
                Item::Use(line) => self.all[module].used.extend(used_names(&line.tree)),
                item => {
                    self.all[module].items.extend(name_of(item));
                    let mut paths = CodePaths::default();
                    paths.visit_item(item);
                    self.all[module].code_paths.extend(paths.found);
                    self.all[module].used.extend(paths.used);
                }
            }
        }
    }

    fn root(&self, module: usize) -> usize {
        self.all[module].parent.map_or(module, |parent| self.root(parent))
    }

    /// Returns true if the first module is a parent of the second, or a parent of its parent, and so on.
    fn is_above(&self, above: usize, module: usize) -> bool {
        self.all[module].parent.is_some_and(|parent| parent == above || self.is_above(above, parent))
    }

    fn has_name(&self, module: usize, name: &str) -> bool {
        let module = &self.all[module];
        module.children.contains_key(name)
            || module.items.contains(name)
            || module.used.iter().any(|used| used.name == name)
    }

    /// Returns the target of a path in a module.
    fn resolve(&self, module: usize, path: &[String], reexports: usize) -> Target {
        let outer = || Target::Outer(path.to_vec());
        let Some((first, rest)) = path.split_first() else { return Target::Module(module) };
        if reexports > MAX_REEXPORTS {
            return outer();
        }
        match first.as_str() {
            "crate" => self.walk(self.root(module), rest, reexports),
            "self" => self.walk(module, rest, reexports),
            "super" => {
                let Some(mut above) = self.all[module].parent else { return outer() };
                let mut rest = rest;
                while let [next, after @ ..] = rest
                    && next == "super"
                    && let Some(parent) = self.all[above].parent
                {
                    (above, rest) = (parent, after);
                }
                self.walk(above, rest, reexports)
            }
            name if self.has_name(module, name) => self.walk(module, path, reexports),
            name => match &self.library {
                Some((library, root)) if library == name && self.root(module) != *root => {
                    self.walk(*root, rest, reexports)
                }
                _ => outer(),
            },
        }
    }

    /// Returns the target of a path from a module downwards.
    fn walk(&self, module: usize, path: &[String], reexports: usize) -> Target {
        let Some((name, rest)) = path.split_first() else { return Target::Module(module) };
        let here = &self.all[module];
        if let Some(child) = here.children.get(name) {
            return self.walk(*child, rest, reexports);
        }
        if here.items.contains(name) {
            return Target::Item(module, name.clone());
        }
        if let Some(used) = here.used.iter().find(|used| used.name == *name) {
            return match self.resolve(module, &used.path, reexports + 1) {
                Target::Module(module) => self.walk(module, rest, reexports + 1),
                Target::Outer(path) => Target::Outer([&path, rest].concat()),
                item @ Target::Item(..) => item,
            };
        }
        for all in here.used.iter().filter(|used| used.name == "*") {
            if let Target::Module(other) = self.resolve(module, &all.path, reexports + 1)
                && self.has_name(other, name)
            {
                return self.walk(other, path, reexports + 1);
            }
        }
        // A macro may define the item.
        Target::Item(module, name.clone())
    }
}

/// Returns the names that a tree of a `use` line brings into scope.
fn used_names(tree: &UseTree) -> Vec<UsedName> {
    fn add(tree: &UseTree, before: &[String], names: &mut Vec<UsedName>) {
        let with = |name: String| [before, &[name]].concat();
        // `a::{self}` is `a`.
        let whole =
            |name: &str| if name == "self" && !before.is_empty() { before.to_vec() } else { with(name.to_owned()) };
        match tree {
            UseTree::Path(path) => add(&path.tree, &with(path.ident.to_string()), names),
            UseTree::Group(group) => group.items.iter().for_each(|tree| add(tree, before, names)),
            UseTree::Glob(_) => names.push(UsedName { path: before.to_vec(), name: "*".to_owned() }),
            UseTree::Name(name) => {
                let path = whole(&name.ident.to_string());
                names.push(UsedName { name: path.last().cloned().unwrap_or_default(), path });
            }
            UseTree::Rename(rename) => {
                names.push(UsedName { path: whole(&rename.ident.to_string()), name: rename.rename.to_string() });
            }
        }
    }
    let mut names = Vec::new();
    add(tree, &[], &mut names);
    names
}

/// Paths of several names in code, and `use` lines in functions.
#[derive(Default)]
struct CodePaths {
    found: BTreeSet<Vec<String>>,
    used: Vec<UsedName>,
}

impl<'ast> Visit<'ast> for CodePaths {
    fn visit_item(&mut self, item: &'ast Item) {
        if !is_test(attributes(item)) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_use(&mut self, line: &'ast syn::ItemUse) {
        self.used.extend(used_names(&line.tree));
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.segments.len() > 1 {
            self.found.insert(path.segments.iter().map(|segment| segment.ident.to_string()).collect());
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.found.extend(paths_in_tokens(&call.tokens.to_string()));
        visit::visit_macro(self, call);
    }
}

/// Returns the paths of several names in a macro's tokens.
fn paths_in_tokens(tokens: &str) -> Vec<Vec<String>> {
    let mut paths = Vec::new();
    let mut path: Vec<String> = Vec::new();
    let mut goes_on = false;
    let mut rest = tokens;
    while let Some(c) = rest.chars().next() {
        let name = rest.len() - rest.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_').len();
        let length = if name > 0 {
            if !goes_on {
                paths.push(std::mem::take(&mut path));
            }
            path.push(rest[..name].to_owned());
            goes_on = false;
            name
        } else if rest.starts_with("::") {
            goes_on = !path.is_empty();
            2
        } else if c.is_whitespace() {
            c.len_utf8()
        } else {
            paths.push(std::mem::take(&mut path));
            goes_on = false;
            if c == '"' { text_length(rest) } else { c.len_utf8() }
        };
        rest = &rest[length..];
    }
    paths.push(path);
    paths.retain(|path| path.len() > 1);
    paths
}

/// Returns the length of a text in quotes, with the quotes.
fn text_length(text: &str) -> usize {
    let mut is_escaped = false;
    let end = text.char_indices().skip(1).find(|(_, c)| {
        let is_end = *c == '"' && !is_escaped;
        is_escaped = *c == '\\' && !is_escaped;
        is_end
    });
    end.map_or(text.len(), |(at, _)| at + 1)
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(item) => &item.attrs,
        Item::Enum(item) => &item.attrs,
        Item::ExternCrate(item) => &item.attrs,
        Item::Fn(item) => &item.attrs,
        Item::Impl(item) => &item.attrs,
        Item::Macro(item) => &item.attrs,
        Item::Mod(item) => &item.attrs,
        Item::Static(item) => &item.attrs,
        Item::Struct(item) => &item.attrs,
        Item::Trait(item) => &item.attrs,
        Item::Type(item) => &item.attrs,
        Item::Union(item) => &item.attrs,
        Item::Use(item) => &item.attrs,
        _ => &[],
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg") && attribute.parse_args::<syn::Ident>().is_ok_and(|name| name == "test")
    })
}

fn name_of(item: &Item) -> Option<String> {
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

// ---- Imports ----

/// An import of a name from another file of the package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct InnerImport {
    from: String,
    from_module: Vec<String>,
    to: String,
    to_module: Vec<String>,
    name: String,
    /// True if a parent module defines the item.
    is_from_parent: bool,
}

impl fmt::Display for InnerImport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {} ({})", self.from, self.to, self.name)
    }
}

/// An import from another crate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct OuterImport {
    from: String,
    path: String,
}

/// The imports of a package.
#[derive(Debug, Default)]
struct Imports {
    inner: BTreeSet<InnerImport>,
    outer: BTreeSet<OuterImport>,
}

impl Imports {
    fn of(modules: &Modules) -> Self {
        let mut imports = Self::default();
        for (index, module) in modules.all.iter().enumerate() {
            for (name, child) in &module.children {
                imports.add(modules, index, *child, format!("mod {name}"));
            }
            for used in &module.used {
                let target = modules.resolve(index, &used.path, 0);
                match target {
                    Target::Module(to) if used.name == "*" => imports.add(modules, index, to, "*".to_owned()),
                    // A folder's name in scope is not an import from `mod.rs`. The paths in code are the imports.
                    Target::Module(to) if !modules.all[to].children.is_empty() => {}
                    Target::Module(to) => {
                        imports.add(modules, index, to, modules.all[to].path.last().cloned().unwrap_or_default());
                    }
                    Target::Item(to, name) => imports.add(modules, index, to, name),
                    Target::Outer(path) => imports.add_outer(modules, index, &path),
                }
            }
            for path in &module.code_paths {
                match modules.resolve(index, path, 0) {
                    Target::Module(_) => {}
                    Target::Item(to, name) => imports.add(modules, index, to, name),
                    Target::Outer(path) => imports.add_outer(modules, index, &path),
                }
            }
        }
        imports
    }

    fn add(&mut self, modules: &Modules, from: usize, to: usize, name: String) {
        let (from_module, to_module) = (&modules.all[from], &modules.all[to]);
        if from_module.file != to_module.file {
            self.inner.insert(InnerImport {
                from: from_module.file.clone(),
                from_module: from_module.path.clone(),
                to: to_module.file.clone(),
                to_module: to_module.path.clone(),
                name,
                is_from_parent: modules.is_above(to, from),
            });
        }
    }

    fn add_outer(&mut self, modules: &Modules, from: usize, path: &[String]) {
        self.outer.insert(OuterImport { from: modules.all[from].file.clone(), path: path.join("::") });
    }

    /// Returns the shortest circle through each import that is part of one: `a.rs -> b.rs (names) -> a.rs (names)`.
    fn circles(&self, package: &Package) -> Vec<String> {
        let mut graph: BTreeMap<&str, BTreeMap<&str, BTreeSet<&str>>> = BTreeMap::new();
        for import in &self.inner {
            graph.entry(&import.from).or_default().entry(&import.to).or_default().insert(&import.name);
        }
        let mut circles = BTreeSet::new();
        for (from, targets) in &graph {
            for to in targets.keys() {
                if let Some(mut circle) = shortest_path(&graph, to, from) {
                    // Each circle begins with its first file by name.
                    let first = circle.iter().enumerate().min_by_key(|(_, file)| **file).map_or(0, |(at, _)| at);
                    circle.rotate_left(first);
                    circles.insert(circle);
                }
            }
        }
        let shown = |circle: &Vec<&str>| {
            let arrow = |(at, from): (usize, &&str)| {
                let to = circle[(at + 1) % circle.len()];
                let names: Vec<&str> = graph[from][to].iter().copied().collect();
                format!(" -> {to} ({})", names.join(", "))
            };
            let arrows: Vec<String> = circle.iter().enumerate().map(arrow).collect();
            let text = format!("{}{}", circle[0], arrows.concat());
            format!("{}: circle: {text}", package.name)
        };
        circles.iter().map(shown).collect()
    }

    /// Returns the imports of items that a parent module defines.
    fn parent_imports(&self, package: &Package) -> Vec<String> {
        let imports = self.inner.iter().filter(|import| import.is_from_parent);
        imports.map(|import| format!("{}: import from a parent module: {import}", package.name)).collect()
    }

    /// Returns the imports that a rule of modules' paths does not allow.
    fn forbidden(&self, is_allowed: impl Fn(&[String], &[String]) -> bool) -> Vec<String> {
        let imports = self.inner.iter().filter(|import| !is_allowed(&import.from_module, &import.to_module));
        imports.map(|import| format!("import of a higher layer: {import}")).collect()
    }

    /// Returns the imports of [`IMPURE`] crates and modules.
    fn impure(&self) -> Vec<String> {
        let imports = self.outer.iter().filter(|import| IMPURE.iter().any(|impure| is_import_of(&import.path, impure)));
        imports.map(|import| format!("{} imports {}", import.from, import.path)).collect()
    }
}

/// Returns true if a path leads to a crate, a module or an item of it, or imports a module that contains it.
fn is_import_of(path: &str, impure: &str) -> bool {
    if let Some(start) = impure.strip_suffix('*') {
        return path.starts_with(start);
    }
    let is_within = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    is_within(path, impure) || is_within(impure, path)
}

type ImportGraph<'i> = BTreeMap<&'i str, BTreeMap<&'i str, BTreeSet<&'i str>>>;

/// Returns the files on the shortest path, with both ends.
fn shortest_path<'i>(graph: &ImportGraph<'i>, from: &'i str, to: &str) -> Option<Vec<&'i str>> {
    let mut before: BTreeMap<&str, Option<&str>> = BTreeMap::from([(from, None)]);
    let mut open = VecDeque::from([from]);
    while let Some(file) = open.pop_front() {
        if file == to {
            let mut path = vec![file];
            while let Some(Some(file)) = path.last().map(|file| before[file]) {
                path.push(file);
            }
            path.reverse();
            return Some(path);
        }
        for next in graph.get(file).into_iter().flat_map(BTreeMap::keys) {
            if !before.contains_key(next) {
                before.insert(next, Some(file));
                open.push_back(next);
            }
        }
    }
    None
}

// ---- Tests of the checks ----

fn names(line: &str) -> Vec<(String, String)> {
    let line: syn::ItemUse = syn::parse_str(line).unwrap();
    used_names(&line.tree).into_iter().map(|used| (used.path.join("::"), used.name)).collect()
}

#[test]
fn trees_of_use_lines_are_read() {
    let read = names(
        "pub(crate) use crate::a::{
            self, b::{C, D as E}, // a comment
            f::*,
            super_g::{self as h},
        };",
    );
    let wanted = [
        ("crate::a", "a"),
        ("crate::a::b::C", "C"),
        ("crate::a::b::D", "E"),
        ("crate::a::f", "*"),
        ("crate::a::super_g", "h"),
    ];
    assert_eq!(read, wanted.map(|(path, name)| (path.to_owned(), name.to_owned())));
    assert_eq!(names("use super::super::x;"), [("super::super::x".to_owned(), "x".to_owned())]);
    assert_eq!(names("use std::fmt::Write as _;"), [("std::fmt::Write".to_owned(), "_".to_owned())]);
}

#[test]
fn paths_in_macros_are_read() {
    let read = paths_in_tokens(r#"(crate :: a :: b (x)) "no::text \" no::text" self::c::D{} y . z e:: f"#);
    let wanted = ["crate::a::b", "self::c::D", "e::f"];
    assert_eq!(read.iter().map(|path| path.join("::")).collect::<Vec<_>>(), wanted);
}

#[test]
fn circles_are_found() {
    let package = Package::of(&[
        ("lib.rs", "mod a; mod b; mod c; mod d;"),
        ("a.rs", "use crate::b::{B, b}; pub struct A;"),
        ("b.rs", "use super::c::C; pub struct B; pub fn b() {}"),
        ("c.rs", "pub struct C; pub fn c() { println!(\"{:?}\", crate::a::A) }"),
        ("d.rs", "use crate::a::A; pub use crate::b;"),
    ]);
    assert_eq!(package.imports().circles(&package), ["test: circle: a.rs -> b.rs (B, b) -> c.rs (C) -> a.rs (A)"]);
}

#[test]
fn two_circles_through_one_file_are_both_found() {
    let package = Package::of(&[
        ("lib.rs", "mod a; mod b; mod c;"),
        ("a.rs", "use crate::b::B; use crate::c::C; pub struct A;"),
        ("b.rs", "use crate::a::A; pub struct B;"),
        ("c.rs", "use crate::a::A; pub struct C;"),
    ]);
    assert_eq!(
        package.imports().circles(&package),
        ["test: circle: a.rs -> b.rs (B) -> a.rs (A)", "test: circle: a.rs -> c.rs (C) -> a.rs (A)"]
    );
}

#[test]
fn a_reexported_name_leads_to_the_childs_file() {
    let package = Package::of(&[
        ("lib.rs", "mod folder; mod user;"),
        ("folder/mod.rs", "mod one; mod two; pub use one::One; pub use self::two::Two as Second; pub use one::inner;"),
        ("folder/one.rs", "pub struct One; pub mod inner { pub fn f() { super::g() } } fn g() {}"),
        ("folder/two.rs", "use super::One; pub struct Two;"),
        ("user.rs", "use crate::folder::{self, Second}; fn f() { folder::inner::f(); folder::One; Second::new(); }"),
    ]);
    let imports = package.imports();
    assert_eq!(imports.circles(&package), [""; 0]);
    assert_eq!(imports.parent_imports(&package), [""; 0]);
    let of_user: Vec<String> =
        imports.inner.iter().filter(|import| import.from == "user.rs").map(ToString::to_string).collect();
    assert_eq!(
        of_user,
        ["user.rs -> folder/one.rs (One)", "user.rs -> folder/one.rs (f)", "user.rs -> folder/two.rs (Two)"]
    );
}

#[test]
fn imports_from_parents_are_found() {
    let package = Package::of(&[
        ("main.rs", "mod folder; struct Root;"),
        ("folder/mod.rs", "mod one; mod two; mod deep; pub struct Here; use self::one::One;"),
        ("folder/one.rs", "use super::Here; pub struct One;"),
        ("folder/two.rs", "use super::*;"),
        ("folder/deep/mod.rs", "mod deeper;"),
        ("folder/deep/deeper.rs", "use super::super::{Here as There, One}; fn f() -> crate::Root { crate::Root }"),
    ]);
    let imports = package.imports();
    let wanted = [
        "folder/deep/deeper.rs -> folder/mod.rs (Here)",
        "folder/deep/deeper.rs -> main.rs (Root)",
        "folder/one.rs -> folder/mod.rs (Here)",
        "folder/two.rs -> folder/mod.rs (*)",
    ]
    .map(|import| format!("test: import from a parent module: {import}"));
    assert_eq!(imports.parent_imports(&package), wanted);
    // They are also circles, because `mod.rs` has the `mod` line.
    let circles = imports.circles(&package);
    assert!(
        circles.contains(
            &"test: circle: folder/mod.rs -> folder/one.rs (One, mod one) -> folder/mod.rs (Here)".to_owned()
        ),
        "{circles:?}"
    );
}

#[test]
fn tests_of_a_file_are_skipped() {
    let package = Package::of(&[
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "use crate::b::B; pub struct A; #[cfg(test)] mod tests { use tokio::fs; }"),
        ("b.rs", "#[cfg(test)] use crate::a::A; #[cfg(test)] fn f() { std::fs::read(crate::a::A) } pub struct B;"),
    ]);
    assert_eq!(package.imports().circles(&package), [""; 0]);
    assert_eq!(package.imports().impure(), [""; 0]);
}

#[test]
fn impure_imports_are_found() {
    let package = Package::of(&[
        (
            "lib.rs",
            "mod a; mod hyper; use std::{collections::BTreeMap, fs::{self, File}, time::{Duration, Instant}};
             use std::time; use aws_sdk_dynamodb::Client; use crate::hyper::X; use std::fmt;",
        ),
        (
            "a.rs",
            "use std::env as e; fn f() { std::thread::sleep(std::time::Duration::ZERO); e::var(\"X\"); assert!(tokio::time::x()); }",
        ),
        ("hyper.rs", "pub struct X; impl std::fmt::Display for X {}"),
    ]);
    let wanted = [
        "a.rs imports std::env",
        "a.rs imports std::env::var",
        "a.rs imports std::thread::sleep",
        "a.rs imports tokio::time::x",
        "lib.rs imports aws_sdk_dynamodb::Client",
        "lib.rs imports std::fs",
        "lib.rs imports std::fs::File",
        "lib.rs imports std::time",
        "lib.rs imports std::time::Instant",
    ];
    assert_eq!(package.imports().impure(), wanted);
    for impure in IMPURE {
        let path = impure.replace('*', "x");
        let package = Package::of(&[("lib.rs", &format!("use {path};"))]);
        assert_eq!(package.imports().impure(), [format!("lib.rs imports {path}")]);
    }
}

#[test]
fn imports_between_commands_are_found() {
    let package = Package::of(&[
        ("main.rs", "mod commands; mod edit; mod dynamodb; fn main() { commands::run() }"),
        ("commands/mod.rs", "pub mod put; pub mod import; pub fn run() { put::run(); import::run() }"),
        ("commands/put.rs", "use crate::commands::import::entry::MARK; use crate::edit; pub fn run() {}"),
        ("commands/import/mod.rs", "pub mod entry; mod list; pub fn run() {}"),
        ("commands/import/entry.rs", "pub const MARK: u8 = 0;"),
        ("commands/import/list.rs", "use super::entry::MARK; use crate::commands::put;"),
        ("dynamodb/mod.rs", "pub mod store;"),
        ("dynamodb/store.rs", "use crate::commands::import::entry;"),
        ("edit.rs", "fn f() { crate::commands::put::run() }"),
    ]);
    let wanted = [
        "commands/import/list.rs -> commands/put.rs (put)",
        "commands/put.rs -> commands/import/entry.rs (MARK)",
        "dynamodb/store.rs -> commands/import/entry.rs (entry)",
        "edit.rs -> commands/put.rs (run)",
    ]
    .map(|import| format!("import of a higher layer: {import}"));
    assert_eq!(package.imports().forbidden(commands_rule), wanted);
}

#[test]
fn upward_imports_of_the_hook_are_found() {
    let package = Package::of(&[
        ("lib.rs", "mod decision_service; mod handler; mod log; mod settings; mod store;"),
        ("decision_service.rs", "use crate::store::rules_table::RulesTable; pub struct DecisionService;"),
        ("handler.rs", "use crate::log::record; use crate::settings; pub struct Handler;"),
        ("log/mod.rs", "pub mod record;"),
        ("log/record.rs", "use crate::{handler::Handler, settings::Settings};"),
        ("settings.rs", "use crate::store::rules_table; pub struct Settings;"),
        ("store/mod.rs", "pub mod rules_table;"),
        ("store/rules_table.rs", "use crate::decision_service::DecisionService; use crate::settings::Settings;"),
    ]);
    let wanted = [
        "log/record.rs -> handler.rs (Handler)",
        "settings.rs -> store/rules_table.rs (rules_table)",
        "store/rules_table.rs -> decision_service.rs (DecisionService)",
    ]
    .map(|import| format!("import of a higher layer: {import}"));
    assert_eq!(package.imports().forbidden(hook_rule), wanted);
}

#[test]
fn a_binary_imports_the_packages_library() {
    let package = Package::of(&[
        ("lib.rs", "pub mod a;"),
        ("a.rs", "pub struct A;"),
        ("bin/tool.rs", "use test::a::A; mod helper;"),
        ("bin/helper.rs", "use crate::f; pub struct H;"),
    ]);
    let imports: Vec<String> = package.imports().inner.iter().map(ToString::to_string).collect();
    assert!(imports.contains(&"bin/tool.rs -> a.rs (A)".to_owned()), "{imports:?}");
}
