/** Addresses of the page's own scripts, as the browser's trusted types ask for them: nothing else is ever started. */

interface Policies {
  createPolicy(name: string, rules: { createScriptURL(url: string): string }): { createScriptURL(url: string): string }
}

const { trustedTypes } = globalThis as { trustedTypes?: Policies }

const own = (url: string): string => {
  const { origin, href } = new URL(url, document.baseURI)
  if (origin !== location.origin) throw new Error(`${href}: a script of elsewhere`)
  return href
}

const policy = trustedTypes?.createPolicy('bpd', { createScriptURL: own })

/** The same address, to start a worker with. */
export const scriptUrl = (url: string): string => (policy ?? { createScriptURL: own }).createScriptURL(url)
