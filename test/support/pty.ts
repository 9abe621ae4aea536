/** A command in a terminal of its own: what a person sees, types and resizes. */
import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'

/** Once `after` has been seen since the last deed, `type`s keys, sends a signal, or makes the terminal `columns` wide. */
export interface Deed {
  after: string
  type?: string
  signal?: 'SIGTERM' | 'SIGINT'
  columns?: number
}

const SCRIPT = `
import fcntl, json, os, pty, select, signal, struct, sys, termios
asked = json.loads(sys.argv[1])
def width(to, columns): fcntl.ioctl(to, termios.TIOCSWINSZ, struct.pack('HHHH', 24, columns, 0, 0))
child, master = pty.fork()
if child == 0:
    width(0, asked['columns'])
    os.execvp(asked['command'][0], asked['command'])
seen, since = b'', 0
# what hangs is ended, and what it showed is told
def late(*_): os.killpg(child, signal.SIGKILL)
signal.signal(signal.SIGALRM, late)
signal.alarm(150)
while True:
    try: data = os.read(master, 65536)
    except OSError: break
    if not data: break
    seen += data
    while asked['deeds']:
        deed = asked['deeds'][0]
        at = seen.find(deed['after'].encode(), since)
        if at < 0: break
        since = at + len(deed['after'].encode())
        asked['deeds'].pop(0)
        if 'columns' in deed: width(master, deed['columns'])
        if 'type' in deed: os.write(master, deed['type'].encode())
        if 'signal' in deed: os.kill(child, getattr(signal, deed['signal']))
status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
json.dump({'status': status, 'seen': seen.decode(errors='replace')}, sys.stdout)
`

/** What a person's terminal says of itself, wherever the tests run. */
const { CI: _, ...around } = process.env
const person: NodeJS.ProcessEnv = { ...around, TERM: 'xterm' }

export async function inTerminal(
  command: string[],
  { columns, deeds = [], env = person }: { columns: number; deeds?: Deed[]; env?: NodeJS.ProcessEnv },
): Promise<{ status: number; seen: string }> {
  const child = spawn('python3', ['-c', SCRIPT, JSON.stringify({ command, columns, deeds })], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env,
  })
  return JSON.parse(await text(child.stdout))
}
