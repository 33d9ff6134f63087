import type { NetworkFiles } from '../network/layout.ts';
import type { NetworkJson } from './network-json.ts';

/** Lines of columns, each as wide as its longest cell. */
function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

/** What a user needs to know of a running network: where things are. */
export function endpointTable(json: NetworkJson, files: NetworkFiles): string {
  const nodes = json.nodes.map((node) => [node.name, String(node.pid), node.http, node.ws, node.validator]);
  const managers = json.managers.map((manager) => [
    manager.name,
    String(manager.pid),
    manager.q2t,
    manager.thirdParty,
    manager.publicKeys.join(' '),
  ]);
  return [
    columns([['node', 'pid', 'JSON-RPC', 'WebSocket', 'validator'], ...nodes]),
    columns([['manager', 'pid', 'for its node', 'third party', 'enclave key'], ...managers]),
    `chain id ${json.chainId}, ${json.consensus}; files and logs in ${files.root}; accounts with funds and everything above in ${files.networkJson}`,
    ...(json.playground === undefined ? [] : [`playground  ${json.playground}`]),
  ].join('\n\n');
}
