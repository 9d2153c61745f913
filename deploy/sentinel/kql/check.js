// Parses and binds queries of the Kusto Query Language against a schema.
//
// Standard input: { tables: [{name, columns: [{name, type}]}], functions: [{name,
// parameters, body}], queries: [text] }. Standard output: for each query, in the same
// order, { columns: [{name, type}] of its result, problems: [{severity, code,
// message, start}] }, where start counts UTF-16 units.
'use strict';

require('@kusto/language-service-next/bridge.min.js');
require('@kusto/language-service-next/Kusto.Language.Bridge.min.js');

const { GlobalState, KustoCode, Symbols } = Kusto.Language;

function database(schema) {
  const tables = schema.tables.map((t) => {
    const columns = t.columns.map((c) => `['${c.name}']:${c.type}`).join(', ');
    return new Symbols.TableSymbol.$ctor7(t.name, `(${columns})`, null);
  });
  const functions = schema.functions.map((f) =>
    new Symbols.FunctionSymbol.$ctor16(f.name, `(${f.parameters})`, `{${f.body}\n}`, null));
  return new Symbols.DatabaseSymbol.ctor('workspace', [...tables, ...functions]);
}

function list(items) {
  return Array.from({ length: items.Count }, (_, i) => items.getItem(i));
}

function columns(code) {
  const type = code.ResultType;
  if (!(type instanceof Symbols.TableSymbol)) {
    return [];
  }
  return list(type.Columns).map((c) => ({ name: c.Name, type: c.Type.Name }));
}

function check(text, globals) {
  const code = KustoCode.ParseAndAnalyze(text, globals);
  const problems = list(code.GetDiagnostics()).map((d) =>
    ({ severity: d.Severity, code: d.Code, message: d.Message, start: Math.max(d.Start, 0) }));
  return { columns: columns(code), problems };
}

const input = JSON.parse(require('fs').readFileSync(0, 'utf8'));
const globals = GlobalState.Default.WithDatabase(database(input));
process.stdout.write(JSON.stringify(input.queries.map((q) => check(q, globals))));
