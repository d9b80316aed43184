//! `configMapGenerator` and `secretGenerator`: objects made of files and literals.
//!
//! The name gets its hash at the very end, in `finish`, after all transformers.

use super::plugin;
use crate::diagnostic::{Code, Diagnostic, Result, gather};
use crate::kustomize::field;
use crate::kustomize::input::StepContext;
use crate::kustomize::input::load::without_j2;
use crate::kustomize::input::resources::GeneratedObject;
use crate::kustomize::model::generator::secret_of;
use crate::kustomize::model::{Generator, GeneratorOptions, Kustomization, Text, TextMap};
use crate::node::{Map, Node};
use crate::resource::{Generated, Resource};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use smol_str::SmolStr;
use std::collections::BTreeMap;

/// What a generator makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum GeneratedKind {
    /// A `ConfigMap`.
    ConfigMap,
    /// A `Secret`.
    Secret,
}

impl GeneratedKind {
    fn kind(self) -> &'static str {
        match self {
            GeneratedKind::ConfigMap => "ConfigMap",
            GeneratedKind::Secret => "Secret",
        }
    }
}

/// The objects of all generators of a kustomization: the config maps, then the secrets.
pub(crate) fn all(kustomization: &Kustomization, context: &StepContext) -> Result<Vec<GeneratedObject>> {
    let options = kustomization.generator_options.as_ref();
    let config_maps = kustomization.config_map_generator.iter().map(|generator| (GeneratedKind::ConfigMap, generator));
    let secrets = kustomization.secret_generator.iter().map(|generator| (GeneratedKind::Secret, generator));
    gather(config_maps.chain(secrets), |(output, generator)| one(output, generator, options, context))
}

/// The object of one generator.
pub(crate) fn one(
    output: GeneratedKind,
    generator: &Generator,
    global: Option<&GeneratorOptions>,
    context: &StepContext,
) -> Result<GeneratedObject> {
    let kind = output.kind();
    if generator.name.is_empty() {
        return Err(Diagnostic::new(Code::Overlay, format!("a generated {kind} has no name")).at(generator.at).into());
    }
    let options = generator.options.as_ref();
    let either = |flag: fn(&GeneratorOptions) -> bool| options.is_some_and(flag) || global.is_some_and(flag);

    let mut metadata: Map = [("name", generator.name.node())].into_iter().collect();
    if let Some(namespace) = generator.namespace.as_ref().filter(|namespace| !namespace.is_empty()) {
        metadata.insert("namespace", namespace.node());
    }
    let count = |entries| context.input.work.added(entries).map_err(|error| error.at(generator.at));
    for (key, pairs) in [
        ("labels", merged(options.map(|o| &o.labels), global.map(|o| &o.labels))),
        ("annotations", merged(options.map(|o| &o.annotations), global.map(|o| &o.annotations))),
    ] {
        count(pairs.len())?;
        if !pairs.is_empty() {
            metadata.insert(key, pairs.into());
        }
    }
    let mut object: Map = [("apiVersion", Node::str("v1")), ("kind", Node::str(kind)), ("metadata", metadata.into())]
        .into_iter()
        .collect();
    if output == GeneratedKind::Secret {
        object.insert("type", generator.r#type.as_ref().map_or_else(|| Node::str("Opaque"), Text::node));
    }
    if either(|o| o.immutable) {
        object.insert("immutable", Node::bool(true));
    }
    let (mut data, mut binary) = (Map::default(), Map::default());
    let pairs = pairs(generator, kind, context)?;
    count(pairs.len())?;
    for (key, (value, at)) in pairs {
        let (map, text) = match (output, String::from_utf8(value)) {
            (GeneratedKind::ConfigMap, Ok(text)) => (&mut data, text),
            (GeneratedKind::ConfigMap, Err(bytes)) => (&mut binary, encode(bytes.as_bytes())),
            (GeneratedKind::Secret, Ok(text)) => (&mut data, encode(text.as_bytes())),
            (GeneratedKind::Secret, Err(bytes)) => (&mut data, encode(bytes.as_bytes())),
        };
        map.insert(field::key(&key, at), Node::str(text).placed(at));
    }
    for (key, map) in [("data", data), ("binaryData", binary)] {
        // kustomize writes the data of a secret even if there is none.
        if !map.is_empty() || key == "data" && output == GeneratedKind::Secret {
            object.insert(key, map.into());
        }
    }
    let mut resource = Resource::new(Node::from(object).placed(generator.at));
    resource.generated = Some(Generated { hash: !either(|o| o.disable_name_suffix_hash) });
    Ok(GeneratedObject { resource, behavior: generator.behavior })
}

/// The pairs of one generator and the global ones; its own take precedence.
fn merged(own: Option<&TextMap>, global: Option<&TextMap>) -> Map {
    let pairs = global.into_iter().chain(own).flatten();
    pairs.map(|(key, value)| (field::key(key, value.at), value.node())).collect()
}

/// Keys with values and where these were named.
type GeneratedData = BTreeMap<SmolStr, (Vec<u8>, crate::source::Location)>;

fn pairs(generator: &Generator, kind: &str, context: &StepContext) -> Result<GeneratedData> {
    let mut data = GeneratedData::new();
    let mut diagnostics = Vec::new();
    let mut add = |key: &str, value: Vec<u8>, source: &Text| {
        if let Some((_, first)) = data.insert(key.into(), (value, source.at)) {
            let message = format!("the {kind} `{}` has the key `{key}` twice", generator.name);
            diagnostics.push(new_error(source, message).note(first, "first defined here"));
        }
    };
    let mut failed = Vec::new();
    for source in &generator.envs {
        match env_file(source, context) {
            Ok(pairs) => pairs.into_iter().for_each(|(key, value)| add(&key, value.into_bytes(), source)),
            Err(errors) => failed.push(errors),
        }
    }
    for source in &generator.literals {
        match literal(source) {
            Ok((key, value)) => add(key, value.as_bytes().to_vec(), source),
            Err(error) => failed.push(error.into()),
        }
    }
    for source in &generator.files {
        match file(source, context) {
            Ok((key, bytes)) => add(&key, bytes, source),
            Err(errors) => failed.push(errors),
        }
    }
    failed.extend(diagnostics.into_iter().map(Into::into));
    if failed.is_empty() { Ok(data) } else { Err(failed.into()) }
}

/// `key=value`; one pair of quotes around the value is taken off.
fn literal(source: &Text) -> Result<(&str, &str), Diagnostic> {
    match source.split_once('=') {
        Some((key, value)) if !key.is_empty() => Ok((key, unquoted(value))),
        _ => Err(new_error(source, format!("the literal `{source}` must have the form `key=value`"))),
    }
}

fn unquoted(text: &str) -> &str {
    ['"', '\''].into_iter().find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote)).unwrap_or(text)
}

/// `path` or `key=path`. A template is rendered, and its key loses the `.j2`.
fn file(source: &Text, context: &StepContext) -> Result<(SmolStr, Vec<u8>)> {
    let (key, path) = match source.split_once('=') {
        None => (None, &**source),
        Some((key, path)) if !key.is_empty() && !path.is_empty() && !path.contains('=') => (Some(key), path),
        Some(_) => return Err(new_error(source, format!("`{source}` must have the form `path` or `key=path`")).into()),
    };
    let path = Text { text: path.into(), at: source.at };
    let found = context.file(&path)?;
    let bytes = context.bytes(&found)?;
    context.input.work.text(bytes.len()).map_err(|error| error.at(source.at))?;
    if std::str::from_utf8(&bytes).is_ok_and(|text| text.contains("\r\n")) {
        let warning = new_error(&path, format!("the lines of `{path}` end with CRLF, which becomes part of the data"));
        context.warn_in_build(warning.help(
            "if Git has converted the file, write `* text eol=lf` to .gitattributes and check the file out again",
        ));
    }
    let name = path.rsplit('/').next().unwrap_or(&path);
    let rendered = without_j2(name).filter(|_| context.input.templates.is_some());
    Ok((key.or(rendered).unwrap_or(name).into(), bytes))
}

/// The pairs of a file of `key=value` lines.
fn env_file(source: &Text, context: &StepContext) -> Result<Vec<(SmolStr, String)>> {
    let file = context.file(source)?;
    let bytes = context.bytes(&file)?;
    context.input.work.text(bytes.len()).map_err(|error| error.at(source.at))?;
    let Ok(text) = std::str::from_utf8(&bytes) else {
        return Err(new_error(source, format!("`{source}` is not UTF-8")).into());
    };
    let lines = text.strip_prefix('\u{feff}').unwrap_or(text).lines().map(str::trim_start);
    // A carriage return before the end of the file has no line feed that `lines` could take with it.
    let lines = lines.map(|line| line.strip_suffix('\r').unwrap_or(line));
    let pairs = lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(|line| {
        let (key, value) = line.split_once('=').unwrap_or((line, ""));
        (SmolStr::new(key), value.to_owned())
    });
    // A line that begins with `=` has no key; kustomize skips it.
    Ok(pairs.filter(|(key, _)| !key.is_empty()).collect())
}

/// Base64, long texts in lines of 70 characters.
fn encode(bytes: &[u8]) -> String {
    const LINE: usize = 70;
    let text = STANDARD.encode(bytes);
    if text.len() < LINE {
        return text;
    }
    let mut lines = String::with_capacity(text.len() + text.len() / LINE + 1);
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(LINE));
        lines.push_str(line);
        lines.push('\n');
        rest = more;
    }
    lines
}

fn new_error(source: &Text, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(Code::Overlay, message).at(source.at)
}

/// The plugin `ConfigMapGenerator`.
pub(crate) fn config_map(plugin: &Resource, context: &StepContext) -> Result<GeneratedObject> {
    configured(GeneratedKind::ConfigMap, plugin, context)
}

/// The plugin `SecretGenerator`.
pub(crate) fn secret(plugin: &Resource, context: &StepContext) -> Result<GeneratedObject> {
    configured(GeneratedKind::Secret, plugin, context)
}

fn configured(kind: GeneratedKind, plugin: &Resource, context: &StepContext) -> Result<GeneratedObject> {
    let generator = plugin::read(plugin, |fields| {
        let generator = secret_of(fields, &plugin.node);
        // A generator without a name or namespace has those of the object that configures it.
        let metadata = |key| plugin.node.at_path(&["metadata", key]).and_then(Text::of);
        let name = Some(generator.name.clone()).filter(|name| !name.is_empty()).or_else(|| metadata("name"));
        let namespace = generator.namespace.clone().or_else(|| metadata("namespace"));
        Generator { name: name.unwrap_or_default(), namespace, ..generator }
    })?;
    one(kind, &generator, None, context)
}

#[cfg(test)]
mod tests {
    use super::{Text, encode, literal};

    #[test]
    fn literals() {
        for (source, want) in [
            ("a=b", Some(("a", "b"))),
            ("a='b'", Some(("a", "b"))),
            ("a=\"b\"", Some(("a", "b"))),
            ("a='b\"", Some(("a", "'b\""))),
            ("a='", Some(("a", "'"))),
            ("a=''", Some(("a", ""))),
            ("a= b ", Some(("a", " b "))),
            ("a=b=c", Some(("a", "b=c"))),
            ("a=", Some(("a", ""))),
            ("=b", None),
            ("a", None),
            ("", None),
        ] {
            assert_eq!(literal(&Text::from(source)).ok(), want, "{source}");
        }
    }

    #[test]
    fn base64_in_lines_of_70() {
        assert_eq!(encode(&[b'x'; 51]).len(), 68);
        assert!(!encode(&[b'x'; 51]).contains('\n'));
        let long = encode(&[b'x'; 106]);
        assert_eq!(long.lines().map(str::len).collect::<Vec<_>>(), [70, 70, 4]);
        assert!(long.ends_with('\n'));
    }
}
