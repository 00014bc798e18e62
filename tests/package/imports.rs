//! What a source file imports, read from its tokens.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// The path of a module or an item, without `crate`.
pub(crate) type Names = Vec<String>;

/// What one file says of others.
#[derive(Default)]
pub(crate) struct File {
    /// All paths into the crate.
    pub(crate) used: Vec<Names>,
    /// What its `use` declarations name, and so what it may re-export.
    names: BTreeMap<String, Names>,
    globs: Vec<Names>,
    /// The modules that it has for tests alone.
    pub(crate) tests: Vec<Names>,
    words: BTreeSet<String>,
}

impl File {
    pub(crate) fn scan(&mut self, tokens: TokenStream, module: &Names, modules: &BTreeSet<Names>) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let mut rest = &tokens[..];
        while let [first, tail @ ..] = rest {
            rest = match (first, tail) {
                (TokenTree::Punct(hash), [TokenTree::Group(attribute), tail @ ..])
                    if hash.as_char() == '#' && attribute.stream().to_string() == "cfg (test)" =>
                {
                    self.skip_test(tail, module)
                }
                (TokenTree::Ident(word), [next, ..]) if word == "use" && !is(next, '<') => {
                    let end = tail.iter().position(|token| is(token, ';')).unwrap();
                    for (path, name) in imports(&tail[..end], &Vec::new()) {
                        self.import(path, name, module, modules);
                    }
                    &tail[end..]
                }
                (
                    TokenTree::Ident(word),
                    [TokenTree::Ident(name), TokenTree::Group(body), tail @ ..],
                ) if word == "mod" => {
                    let inner = [&module[..], &[name.to_string()]].concat();
                    self.scan(body.stream(), &inner, modules);
                    tail
                }
                (TokenTree::Ident(word), _) => {
                    self.words.insert(word.to_string());
                    let length = path_length(rest);
                    if length > 1 && ["crate", "self", "super"].contains(&&*word.to_string()) {
                        let path = imports(&rest[..length], &Vec::new());
                        let path = path
                            .into_iter()
                            .filter_map(|(it, _)| absolute(it, module, modules));
                        self.used.extend(path);
                    }
                    &rest[length..]
                }
                (TokenTree::Group(group), tail) => {
                    self.scan(group.stream(), module, modules);
                    tail
                }
                (_, tail) => tail,
            };
        }
    }

    fn import(
        &mut self,
        path: Names,
        name: Option<String>,
        module: &Names,
        modules: &BTreeSet<Names>,
    ) {
        let Some(path) = absolute(path, module, modules) else {
            return;
        };
        self.used.push(path.clone());
        match name {
            Some(name) if path.last() != module.last() || path.len() != module.len() => {
                self.names.insert(name, path);
            }
            Some(_) => {}
            None => self.globs.push(path),
        }
    }

    /// Passes over an item that is for tests alone.
    fn skip_test<'a>(&mut self, tokens: &'a [TokenTree], module: &Names) -> &'a [TokenTree] {
        let is_end = |token: &TokenTree| match token {
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace,
            token => is(token, ';'),
        };
        let end = tokens.iter().position(is_end).unwrap();
        if let [.., TokenTree::Ident(word), TokenTree::Ident(name)] = &tokens[..end]
            && word == "mod"
        {
            // In the folder of the module, or by an attribute `path` beside the module.
            let folders = [&module[..], &module[..module.len() - 1]];
            let tests = folders.map(|folder| [folder, &[name.to_string()]].concat());
            self.tests.extend(tests);
        }
        &tokens[end..][1..]
    }
}

/// The paths of a `use` declaration, each with the name that it gets; none for a glob.
fn imports(tokens: &[TokenTree], before: &Names) -> Vec<(Names, Option<String>)> {
    let mut found = Vec::new();
    for part in tokens.split(|token| is(token, ',')) {
        let (mut path, mut name, mut is_group, mut is_glob) = (before.clone(), None, false, false);
        let mut part = part.iter();
        while let Some(token) = part.next() {
            match token {
                TokenTree::Ident(word) if word == "as" => {
                    name = part.next().map(ToString::to_string)
                }
                TokenTree::Ident(word) if word == "self" && !path.is_empty() => {}
                TokenTree::Ident(word) => path.push(word.to_string()),
                TokenTree::Group(group) => {
                    let tokens: Vec<_> = group.stream().into_iter().collect();
                    found.extend(imports(&tokens, &path));
                    is_group = true;
                }
                token => is_glob |= is(token, '*'),
            }
        }
        if !is_group && !path.is_empty() {
            let name = name.or_else(|| path.last().cloned());
            found.push((path, name.filter(|_| !is_glob)));
        }
    }
    found
}

/// A path from the root of the crate; none for a path into another crate.
fn absolute(path: Names, module: &Names, modules: &BTreeSet<Names>) -> Option<Names> {
    let mut base = module.clone();
    let mut rest = &path[..];
    match path[0].as_str() {
        "crate" => (base, rest) = (Vec::new(), &path[1..]),
        "self" => rest = &path[1..],
        "super" => {
            while let ["super", ..] = rest.iter().map(String::as_str).collect::<Vec<_>>()[..] {
                base.pop();
                rest = &rest[1..];
            }
        }
        first => {
            let child = [&module[..], &[first.to_owned()]].concat();
            return modules.contains(&child).then(|| [&base[..], rest].concat());
        }
    }
    Some([&base[..], rest].concat())
}

/// How many tokens the path has that some tokens begin with.
fn path_length(tokens: &[TokenTree]) -> usize {
    let mut length = 1;
    while let [one, other, TokenTree::Ident(_), ..] = &tokens[length..]
        && is(one, ':')
        && is(other, ':')
    {
        length += 3;
    }
    length
}

fn is(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == character)
}

/// The module that has an item, found through the modules that re-export it.
pub(crate) fn home(files: &BTreeMap<Names, File>, used: &[String]) -> Option<Names> {
    let length = (0..=used.len())
        .rev()
        .find(|&length| files.contains_key(&used[..length]))?;
    let (module, item) = used.split_at(length);
    let (file, Some(name)) = (&files[module], item.first()) else {
        return Some(module.to_vec());
    };
    if let Some(original) = file.names.get(name) {
        return home(files, original);
    }
    if !module.is_empty() {
        return Some(module.to_vec());
    }
    // The root has no items, it only re-exports them.
    let mut globs = file.globs.iter();
    let from = globs.find(|module| {
        let file = &files[*module];
        file.words.contains(name) || file.names.contains_key(name)
    })?;
    home(files, &[&from[..], item].concat())
}
