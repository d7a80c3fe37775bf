/** The words of the tree of a queue: English, then Chinese. */
export const TREE = {
  "tree.title": ["Queue from head to tail", "排队：由首至尾"],
  "tree.root": ["head", "队首"],
  "tree.leaf": ["tail", "队尾"],
  "tree.apart": ["not joined to it on the map", "路网上不相连"],
  "tree.level": ["level {level}", "{level} 级"],
} as const;
