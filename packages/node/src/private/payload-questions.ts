import type { EncryptedPayloadHash } from '@isoquorum/primitives/bytes';

/** `needed`: somebody cannot go on without the answer. `ahead`: it would be good to have. */
export type Urgency = 'needed' | 'ahead';

/** Questions to a manager: so many at once, one per digest, needed ones first. */
export interface PayloadQuestions<Answer> {
  /**
   * The answer, or the error of whoever is asked. One that waits ahead of need fails with the next question that does: nobody waits for the
   * patience of several questions for what can do without.
   * @param text the digest in bare hex
   */
  ask(digest: EncryptedPayloadHash, text: string, urgency: Urgency): Promise<Answer>;
}

interface Question<Answer> extends PromiseWithResolvers<Answer> {
  readonly digest: EncryptedPayloadHash;
}

/** @param concurrency questions under way at once */
export function createPayloadQuestions<Answer>(
  receive: (digest: EncryptedPayloadHash) => Promise<Answer>,
  concurrency: number,
): PayloadQuestions<Answer> {
  /** Under way or waiting. */
  const open = new Map<string, Question<Answer>>();
  /** Waiting. */
  const queues = { needed: new Map<string, Question<Answer>>(), ahead: new Map<string, Question<Answer>>() };
  let running = 0;

  async function run(text: string, question: Question<Answer>): Promise<void> {
    try {
      const answer = await receive(question.digest);
      open.delete(text);
      question.resolve(answer);
    } catch (error) {
      open.delete(text);
      question.reject(error);
      for (const [other, waiting] of queues.ahead) {
        open.delete(other);
        waiting.reject(error);
      }
      queues.ahead.clear();
    }
    running--;
    begin();
  }

  function begin(): void {
    while (running < concurrency) {
      const queue = queues.needed.size > 0 ? queues.needed : queues.ahead;
      const [first] = queue;
      if (first === undefined) return;
      queue.delete(first[0]);
      running++;
      void run(...first);
    }
  }

  return {
    ask(digest, text, urgency) {
      const known = open.get(text);
      if (known !== undefined) {
        if (urgency === 'needed' && queues.ahead.delete(text)) queues.needed.set(text, known);
        return known.promise;
      }
      const question = { digest, ...Promise.withResolvers<Answer>() };
      open.set(text, question);
      queues[urgency].set(text, question);
      begin();
      return question.promise;
    },
  };
}
