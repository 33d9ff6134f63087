import { type Browser, type BrowserContext, expect, type Page } from 'playwright/test';
import type { RunningNetwork } from './network.ts';

/** The provider that the page offers to dapps (EIP-1193). */
interface PageProvider {
  request(call: { readonly method: string; readonly params?: readonly unknown[] }): Promise<unknown>;
}

/** A page that has become a party, in a browser context (its own keys and storage). */
export interface Party {
  readonly context: BrowserContext;
  readonly page: Page;
  /** Enclave key in base64, as it goes into `privateFor`. */
  readonly key: string;
  readonly peerId: string;
  /** A call of the page's own provider. */
  request<Result = unknown>(method: string, ...params: readonly unknown[]): Promise<Result>;
  close(): Promise<void>;
}

/** Waits until a page says that it is ready and its head is verified. */
export async function waitUntilReady(page: Page): Promise<void> {
  await expect(page.getByTestId('status')).toHaveAttribute('data-phase', 'ready', { timeout: 60_000 });
  await expect(page.getByTestId('head-mark')).toHaveAttribute('data-mark', 'verified', { timeout: 30_000 });
}

/** Calls the provider in the page. */
export function requestInPage(page: Page, method: string, params: readonly unknown[]): Promise<unknown> {
  return page.evaluate(
    ([name, values]) => {
      const provider = (globalThis as unknown as { isoquorum: PageProvider }).isoquorum;
      return provider.request({ method: name, params: values }).catch((error: unknown) => {
        throw new Error(
          JSON.stringify(
            error instanceof Error
              ? {
                  message: error.message,
                  code: (error as { code?: unknown }).code,
                  data: (error as { data?: unknown }).data,
                }
              : error,
          ),
        );
      });
    },
    [method, params] as const,
  );
}

async function describeParty(context: BrowserContext, page: Page): Promise<Party> {
  await page.getByTestId('nav-party').click();
  const key = (await page.getByTestId('enclave-key').getAttribute('data-value')) ?? '';
  const peerId = (await page.getByTestId('peer-id').getAttribute('data-value')) ?? '';
  return {
    context,
    page,
    key,
    peerId,
    request: async <Result>(method: string, ...params: readonly unknown[]) =>
      (await requestInPage(page, method, params)) as Result,
    close: () => context.close(),
  };
}

/** Opens the playground in a new browser context and waits until it is a party. */
export async function openParty(browser: Browser, network: RunningNetwork): Promise<Party> {
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(network.file().playground ?? '');
  await waitUntilReady(page);
  return describeParty(context, page);
}

/** Opens the playground again in a context that has been a party before. */
export async function reopenParty(context: BrowserContext, network: RunningNetwork): Promise<Party> {
  const page = await context.newPage();
  await page.goto((network.file().playground ?? '').replace(/#.*$/, ''));
  await waitUntilReady(page);
  return describeParty(context, page);
}
