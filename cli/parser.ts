/** Reads the text of one option. takes: what stands for it in a file, text where absent; many: the option may be repeated. */
export interface Parser<T> {
  (text: string, before?: T): T
  takes?: 'number' | 'list' | 'many'
}
