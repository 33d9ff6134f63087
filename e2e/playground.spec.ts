import { expect, test } from './fixtures.ts';

test('the page shows live blocks with their seals, and who validates', async ({ network, party }) => {
  const { page } = await party();
  await page.getByTestId('nav-network').click();
  const first = Number(await page.getByTestId('block').first().getAttribute('data-number'));
  await expect
    .poll(async () => Number(await page.getByTestId('block').first().getAttribute('data-number')))
    .toBeGreaterThan(first + 1);
  await expect(page.getByTestId('validator')).toHaveCount(network.file().nodes.length);
  for (const { validator } of network.file().nodes)
    await expect(page.locator(`[data-testid="validator"][data-address="${validator.toLowerCase()}"]`)).toBeVisible();
  await expect(page.getByTestId('block-seals').first()).toHaveAttribute('aria-label', /needed/);
});

test('the content policy forbids eval and foreign scripts', async ({ network, party }) => {
  const response = await fetch((network.file().playground ?? '').replace(/#.*$/, ''));
  const policy = response.headers.get('content-security-policy') ?? '';
  expect(policy).toContain("script-src 'self' 'wasm-unsafe-eval'");
  expect(policy).not.toContain("'unsafe-eval'");
  expect(policy).not.toContain("'unsafe-inline'");
  const { page } = await party();
  const refused = await page.evaluate(
    () =>
      new Promise<string>((resolve) => {
        document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective), {
          once: true,
        });
        const script = document.createElement('script');
        script.textContent = 'globalThis.injected = true';
        document.head.append(script);
      }),
  );
  expect(refused).toMatch(/^script-src/);
  expect(await page.evaluate(() => 'injected' in globalThis)).toBe(false);
});

test('the page can be used by keyboard alone', async ({ party }) => {
  const { page } = await party();
  await page.getByTestId('nav-network').focus();
  for (const id of ['nav-party', 'nav-contracts', 'nav-transactions']) {
    await page.getByTestId(id).focus();
    await page.keyboard.press('Enter');
    await expect(page.getByTestId(id.replace('nav', 'section'))).toBeVisible();
  }
  await page.getByTestId('nav-party').focus();
  await page.keyboard.press('Tab');
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle);
  expect(['solid', 'auto', 'dashed', 'double']).toContain(outline);
});
