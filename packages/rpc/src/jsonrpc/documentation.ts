import { methodTable, subscriptions } from './methods.ts';
import type { AnyMethod } from './method.ts';

function parameterText(entry: Pick<AnyMethod, 'params'>): string {
  if (entry.params.length === 0) return '–';
  return entry.params.map(({ name, codec }) => `\`${name}\`: ${codec.form}`).join('<br>');
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}

/** The text of `docs/rpc.md`, made from the method table. */
export function documentationText(): string {
  const byNamespace = new Map<string, [string, AnyMethod][]>();
  for (const entry of methodTable) {
    const namespace = entry[0].slice(0, entry[0].indexOf('_'));
    byNamespace.set(namespace, [...(byNamespace.get(namespace) ?? []), entry]);
  }
  const lines = [
    '# JSON-RPC of a node',
    '',
    'Made from the method table (`packages/rpc/src/jsonrpc/methods`) by `node --conditions=source tools/rpc-docs.ts`; a test compares. Names, parameters, results and texts of',
    'errors are those of GoQuorum 24.4.1; where they differ by design, `docs/compatibility.json` says so. Unknown methods answer -32601. A method whose error',
    'carries `data.code` is refused by a rule of this node, and the code is stable.',
    '',
  ];
  for (const [namespace, entries] of [...byNamespace].toSorted(([left], [right]) => (left < right ? -1 : 1))) {
    lines.push(`## ${namespace}`, '', '| method | parameters | result | what it does |', '| --- | --- | --- | --- |');
    for (const [name, entry] of entries.toSorted(([left], [right]) => (left < right ? -1 : 1))) {
      lines.push(`| \`${name}\` | ${cell(parameterText(entry))} | ${cell(entry.result.form)} | ${cell(entry.doc)} |`);
    }
    lines.push('');
  }
  lines.push(
    '## Subscriptions',
    '',
    'Over WebSocket, by `eth_subscribe` and `eth_unsubscribe`.',
    '',
    '| name | parameters | item | what it tells |',
    '| --- | --- | --- | --- |',
  );
  for (const [name, entry] of Object.entries(subscriptions)) {
    lines.push(
      `| \`${name}\` | ${cell(parameterText(entry as unknown as AnyMethod))} | ${cell(entry.item.form)} | ${cell(entry.doc)} |`,
    );
  }
  return `${lines.join('\n')}\n`;
}
