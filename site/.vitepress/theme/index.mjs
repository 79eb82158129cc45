// Without the fonts of the theme: what the reader's system has costs nothing.
import DefaultTheme from 'vitepress/theme-without-fonts';
import './style.css';

export default DefaultTheme;
