/** What the tests of the page read on it and give to it. */
import type { Page } from 'playwright-core'

/** A row of the ledger: what the teacher has, and the student. */
export const row = async (page: Page, name: string): Promise<string[]> =>
  page.locator('#ledger tr', { hasText: name }).locator('td').allTextContents()

/** Chosen, as by the button. */
export const drop = (page: Page, name: string, buffer: Buffer) =>
  page.setInputFiles('#choose', { name, mimeType: 'application/octet-stream', buffer })
