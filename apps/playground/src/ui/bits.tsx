import { useSignal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { shorten } from '../state/format.ts';

export type Tone = 'good' | 'bad' | 'stale' | 'neutral' | 'private' | 'public' | 'hidden' | 'waiting';

/** A short label with a tone; the text alone carries the meaning, colour only repeats it. */
export function Badge(props: { tone: Tone; children: ComponentChildren; testId?: string; title?: string }) {
  return (
    <span class={`badge badge-${props.tone}`} data-testid={props.testId} title={props.title}>
      {props.children}
    </span>
  );
}

/** A titled box. */
export function Card(props: {
  title: string;
  children: ComponentChildren;
  aside?: ComponentChildren;
  testId?: string;
  class?: string;
}) {
  return (
    <section class={`card ${props.class ?? ''}`} data-testid={props.testId} aria-label={props.title}>
      <header class="card-head">
        <h2>{props.title}</h2>
        {props.aside}
      </header>
      {props.children}
    </section>
  );
}

/** Text for machines: shown short, whole in its title, copied whole by a button. */
export function Code(props: { value: string; label: string; testId?: string; full?: boolean }) {
  const copied = useSignal(false);
  useEffect(() => {
    if (!copied.value) return undefined;
    const timer = setTimeout(() => {
      copied.value = false;
    }, 1500);
    return () => clearTimeout(timer);
  }, [copied.value]);
  const copy = (): void => {
    navigator.clipboard.writeText(props.value).then(
      () => {
        copied.value = true;
      },
      () => undefined,
    );
  };
  return (
    <span class="code">
      <code data-testid={props.testId} data-value={props.value} title={props.value}>
        {props.full ? props.value : shorten(props.value)}
      </code>
      <button type="button" class="copy" onClick={copy} aria-label={`Copy ${props.label}`}>
        <svg viewBox="0 0 16 16" width="13" height="13" aria-hidden="true">
          {copied.value ? (
            <path d="M3 8.5l3.2 3.2L13 5" fill="none" stroke="currentColor" stroke-width="1.8" />
          ) : (
            <path
              d="M5.5 5.5v-3h8v8h-3M2.5 5.5h8v8h-8z"
              fill="none"
              stroke="currentColor"
              stroke-width="1.4"
              stroke-linejoin="round"
            />
          )}
        </svg>
      </button>
    </span>
  );
}

/** One fact in a list of facts. */
export function Fact(props: { term: string; children: ComponentChildren; hint?: string | undefined }) {
  return (
    <div class="fact">
      <dt>{props.term}</dt>
      <dd>
        {props.children}
        {props.hint === undefined ? undefined : <small>{props.hint}</small>}
      </dd>
    </div>
  );
}

/** What is shown in place of a list that has nothing in it yet. */
export function Empty(props: { children: ComponentChildren; testId?: string }) {
  return (
    <p class="empty" data-testid={props.testId}>
      {props.children}
    </p>
  );
}
