/** Values of the recording and what they are in our run: hashes, cipher texts, whole pushed bodies. Learned from answers, used in what follows. */
export class Translation {
  private readonly ours = new Map<string, string>();
  private readonly fixed: ReadonlySet<string>;

  /** @param fixed values that are the same in both runs, such as public keys */
  constructor(fixed: Iterable<string>) {
    this.fixed = new Set(fixed);
  }

  /** A value that our run makes anew. */
  learn(recorded: string, own: string): void {
    if (recorded.length >= 16 && recorded !== own && !this.fixed.has(recorded)) this.ours.set(recorded, own);
  }

  knows(recorded: string): boolean {
    return this.ours.has(recorded);
  }

  /** Whole-string translation, e.g. of a body in base64. */
  whole(recorded: string): string {
    return this.ours.get(recorded) ?? recorded;
  }

  /** A text with every known value replaced, plain or percent-encoded once. */
  text(recorded: string): string {
    let text = recorded;
    for (const [theirs, own] of this.ours) {
      if (theirs.length > 4_000) continue;
      for (const encode of [
        (value: string) => value,
        encodeURIComponent,
        (value: string) => encodeURIComponent(value).replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase()),
        (value: string) => value.replaceAll('/', '%2F'),
      ]) {
        text = text.replaceAll(encode(theirs), encode(own));
      }
    }
    return text;
  }

  /** Hashes in two texts that are equal but for them, unless they are known already. */
  learnFromText(recorded: string, own: string): void {
    const hashes = /[A-Za-z0-9+/]{86}==/g;
    if (recorded.replace(hashes, '#') !== own.replace(hashes, '#')) return;
    const found = own.match(hashes) ?? [];
    (recorded.match(hashes) ?? []).forEach((hash, index) => {
      if (!this.knows(hash)) this.learn(hash, found[index] as string);
    });
  }

  /** Boxes belong to the keys beside them, whose order is that of a set. */
  private learnBoxes(recorded: Record<string, unknown>, own: Record<string, unknown>): void {
    const [theirKeys, theirBoxes] = [recorded['recipientKeys'], recorded['recipientBoxes']] as [string[]?, string[]?];
    const [ourKeys, ourBoxes] = [own['recipientKeys'], own['recipientBoxes']] as [string[]?, string[]?];
    theirKeys?.forEach((key, index) => {
      const at = ourKeys?.indexOf(key) ?? -1;
      const [box, ours] = [theirBoxes?.[index], ourBoxes?.[at]];
      if (box !== undefined && ours !== undefined) this.learn(box, ours);
    });
  }

  /** Walks two JSON values side by side and learns where strings differ although the shapes agree. */
  learnFrom(recorded: unknown, own: unknown): void {
    if (typeof recorded === 'string' && typeof own === 'string') {
      if (/^[A-Za-z0-9+/]{16,}={0,2}$/.test(recorded) && /^[A-Za-z0-9+/]{16,}={0,2}$/.test(own))
        this.learn(recorded, own);
      return;
    }
    if (Array.isArray(recorded) && Array.isArray(own) && recorded.length === own.length) {
      recorded.forEach((item, index) => this.learnFrom(item, own[index]));
      return;
    }
    if (typeof recorded === 'object' && recorded !== null && typeof own === 'object' && own !== null) {
      this.learnBoxes(recorded as Record<string, unknown>, own as Record<string, unknown>);
      for (const [name, value] of Object.entries(recorded))
        if (name !== 'recipientBoxes') this.learnFrom(value, (own as Record<string, unknown>)[name]);
    }
  }
}
