import type { ProblemView } from '@isoquorum/participant/participant-view';
import type { Session } from '../state/session.ts';

/** What is going on while a person waits, and what went wrong. Read out by screen readers, without interrupting. */
export function StatusLine(props: { session: Session }) {
  const activity = props.session.part.activity.value;
  const problem = props.session.part.problem.value;
  const counted = activity?.total !== undefined && activity.done !== undefined;
  return (
    <div class="status" data-testid="status" data-phase={props.session.part.phase.value}>
      <div role="status" aria-live="polite">
        {activity === undefined ? undefined : (
          <p class="activity" data-testid="activity" data-step={activity.step}>
            <span class="spinner" aria-hidden="true" />
            {activity.text}
            {counted ? ` ${activity.done}/${activity.total}` : ''}
          </p>
        )}
      </div>
      {counted ? <progress max={activity.total} value={activity.done} aria-label={activity.text} /> : undefined}
      {problem === undefined ? undefined : <Problem problem={problem} testId="problem" />}
    </div>
  );
}

/** A coded error with what to do about it. */
export function Problem(props: { problem: ProblemView; testId?: string }) {
  const { code, message, advice } = props.problem;
  return (
    <div class="problem" role="alert" data-testid={props.testId} data-code={code}>
      <strong>{message}</strong>
      <p>{advice}</p>
      <code>{code}</code>
    </div>
  );
}
