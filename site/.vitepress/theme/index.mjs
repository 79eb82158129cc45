// Without the fonts of the theme: what the reader's system has costs nothing.
import { h } from 'vue';
import DefaultTheme from 'vitepress/theme-without-fonts';
import './style.css';

// The theme's own has no landmark, and a link whose name is not what is read.
const notFound = () =>
  h('main', { class: 'NotFound vp-doc' }, [
    h('h1', 'There is no such page'),
    h('p', ['It may have been renamed. ', h('a', { href: import.meta.env.BASE_URL }, 'To the overview'), ', or search above.']),
  ]);

export default {
  extends: DefaultTheme,
  Layout: () => h(DefaultTheme.Layout, null, { 'not-found': notFound }),
};
