import type { OperationView, ProblemView } from '../participant-view.ts';

/** Operations that stay visible after they ended. */
const shownMax = 20;

/** Reports one send to whoever looks at it. */
export type Progress = (step: OperationView['step'], text: string, transactionHash?: string) => void;

/** The sends that the page shows, by the ids that their callers chose. */
export interface Operations {
  list(): readonly OperationView[];
  /** Progress of an operation; without an id nobody is told. */
  progress(id: string | undefined): Progress;
  fail(id: string | undefined, problem: ProblemView): void;
}

export function createOperations(onChange: () => void): Operations {
  const operations = new Map<string, OperationView>();
  const put = (operation: OperationView): void => {
    operations.delete(operation.id);
    operations.set(operation.id, operation);
    for (const id of operations.keys()) {
      if (operations.size <= shownMax) break;
      operations.delete(id);
    }
    onChange();
  };
  return {
    list: () => [...operations.values()],
    progress: (id) => (step, text, transactionHash) => {
      if (id === undefined) return;
      const before = operations.get(id);
      put({ id, step, text, transactionHash: transactionHash ?? before?.transactionHash, problem: undefined });
    },
    fail(id, problem) {
      if (id === undefined) return;
      put({ id, step: 'failed', text: problem.message, transactionHash: operations.get(id)?.transactionHash, problem });
    },
  };
}
