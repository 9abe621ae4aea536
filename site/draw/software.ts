/** Whether this browser draws with a graphics processor, or with the processor in its place. */

let found: boolean | undefined

export function drawsInSoftware(): boolean {
  if (found === undefined) {
    const probe = document.createElement('canvas').getContext('webgl2')
    const named = probe?.getExtension('WEBGL_debug_renderer_info')?.UNMASKED_RENDERER_WEBGL
    const name: string = (named && probe?.getParameter(named)) ?? ''
    found = /SwiftShader|llvmpipe|softpipe|Basic Render|Software/i.test(name)
    probe?.getExtension('WEBGL_lose_context')?.loseContext()
  }
  return found
}
