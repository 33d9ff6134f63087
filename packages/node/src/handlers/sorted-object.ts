type Member<Value> = readonly [name: string, value: Value];

/** Members that are sorted, merged or set before others get a turn. */
const SHARE = 500;

const compare = <Value>([left]: Member<Value>, [right]: Member<Value>): number => (left < right ? -1 : 1);

function* merge<Value>(
  left: readonly Member<Value>[],
  right: readonly Member<Value>[],
): Generator<undefined, readonly Member<Value>[]> {
  const merged: Member<Value>[] = [];
  let at = 0;
  for (const member of left) {
    for (; at < right.length && compare(right[at] as Member<Value>, member) < 0; at++) {
      merged.push(right[at] as Member<Value>);
      if (merged.length % SHARE === 0) yield;
    }
    merged.push(member);
    if (merged.length % SHARE === 0) yield;
  }
  return merged.concat(right.slice(at));
}

/** An object with its members in the order of their names, as Go writes maps; comes up for every share of the work. */
export function* sortedObject<Value>(members: readonly Member<Value>[]): Generator<undefined, Record<string, Value>> {
  let runs: (readonly Member<Value>[])[] = [];
  for (let start = 0; start < members.length; start += SHARE) {
    runs.push(members.slice(start, start + SHARE).toSorted(compare));
    yield;
  }
  while (runs.length > 1) {
    const next: (readonly Member<Value>[])[] = [];
    for (let index = 0; index < runs.length; index += 2)
      next.push(yield* merge(runs[index] as readonly Member<Value>[], runs[index + 1] ?? []));
    runs = next;
  }
  const object: Record<string, Value> = {};
  for (const [index, [name, value]] of (runs[0] ?? []).entries()) {
    object[name] = value;
    if (index % SHARE === SHARE - 1) yield;
  }
  return object;
}
